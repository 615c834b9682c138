/**
 * Runs in a Python of its own: calls a PKCS#11 module (PKCS#11 v2.40, in C) and prints one line of JSON. The request, PIN included,
 * comes on standard input. `pkcs11-tool` signs at most 1,024 bytes with Ed25519 (docs/adr/0012), and Node.js loads no C library.
 */
export const PROGRAM = `
import ctypes, json, os, sys

CALLS = dict(Initialize=0, GetSlotList=4, GetTokenInfo=6, OpenSession=12, Login=18, GetAttributeValue=24,
             FindObjectsInit=26, FindObjects=27, FindObjectsFinal=28, SignInit=42, Sign=43)
CLASS, TOKEN, LABEL, KEY_TYPE, ID, EC_PARAMS, EC_POINT, ALWAYS = 0, 1, 3, 0x100, 0x102, 0x180, 0x181, 0x202
PUBLIC, PRIVATE, SERIAL_SESSION, USER, CONTEXT, EDDSA = 2, 3, 4, 1, 2, 0x1057
ALREADY, NO_ATTRIBUTE = 0x191, (0x11, 0x12)
NONE = ctypes.c_ulong(-1).value
ULONG, POINTER = ctypes.c_ulong, ctypes.c_void_p

class Attribute(ctypes.Structure):
    _fields_ = [('type', ULONG), ('value', POINTER), ('size', ULONG)]

class Mechanism(ctypes.Structure):
    _fields_ = [('type', ULONG), ('value', POINTER), ('size', ULONG)]

class TokenInfo(ctypes.Structure):
    _fields_ = [('token', ctypes.c_char * 32), ('manufacturer', ctypes.c_char * 32), ('model', ctypes.c_char * 16),
                ('serial', ctypes.c_char * 16), ('flags', ULONG), ('counts', ULONG * 10), ('versions', ctypes.c_char * 4),
                ('time', ctypes.c_char * 16)]

class Functions(ctypes.Structure):
    _fields_ = [('version', ctypes.c_char * 2), ('calls', POINTER * 68)]

class Refused(Exception):
    pass

class Module:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        listed = ctypes.POINTER(Functions)()
        self.check('GetFunctionList', self.library.C_GetFunctionList(ctypes.byref(listed)))
        self.calls = listed.contents.calls
        self.call('Initialize', None, good=(0, ALREADY))

    def check(self, name, status, good=(0,)):
        if status not in good:
            raise Refused('C_' + name, status)
        return status

    def call(self, name, *arguments, good=(0,)):
        function = ctypes.CFUNCTYPE(ULONG)(self.calls[CALLS[name]])
        return self.check(name, function(*arguments), good)

    def slots(self):
        count = ULONG(0)
        self.call('GetSlotList', ULONG(1), None, ctypes.byref(count))
        slots = (ULONG * max(count.value, 1))()
        self.call('GetSlotList', ULONG(1), slots, ctypes.byref(count))
        return list(slots)[:count.value]

    def token(self, slot):
        info = TokenInfo()
        self.call('GetTokenInfo', ULONG(slot), ctypes.byref(info))
        whole, names = bytes(info), ('token', 'manufacturer', 'model', 'serial')
        fields = {name: getattr(TokenInfo, name) for name in names}
        # Padded with blanks, and with no zero at the end.
        texts = {name: whole[field.offset:][:field.size].rstrip(b' \\0') for name, field in fields.items()}
        names = {name: text.decode('utf-8', 'replace') for name, text in texts.items()}
        return dict(names, slot=slot, flags=info.flags)

    def session(self, slot):
        session = ULONG(0)
        self.call('OpenSession', ULONG(slot), ULONG(SERIAL_SESSION), None, None, ctypes.byref(session))
        return session

    def login(self, session, pin, user=USER):
        pin = None if pin is None else pin.encode()
        buffer = None if pin is None else ctypes.create_string_buffer(pin, len(pin))
        self.call('Login', session, ULONG(user), buffer, ULONG(0 if pin is None else len(pin)))

    def find(self, session, *wanted):
        buffers = [ctypes.create_string_buffer(value, len(value)) for _, value in wanted]
        template = (Attribute * len(wanted))(*[Attribute(kind, ctypes.addressof(buffer), len(buffer))
                                               for (kind, _), buffer in zip(wanted, buffers)])
        self.call('FindObjectsInit', session, template, ULONG(len(wanted)))
        found, some, count = [], (ULONG * 64)(), ULONG(1)
        while count.value and len(found) < 4096:
            self.call('FindObjects', session, some, ULONG(64), ctypes.byref(count))
            found += list(some)[:count.value]
        self.call('FindObjectsFinal', session)
        return found

    def value(self, session, thing, kind):
        attribute = Attribute(kind, None, 0)
        ask = lambda: self.call('GetAttributeValue', session, ULONG(thing), ctypes.byref(attribute), ULONG(1), good=(0,) + NO_ATTRIBUTE)
        if ask() or attribute.size in (0, NONE) or attribute.size > 65536:
            return b''
        buffer = ctypes.create_string_buffer(attribute.size)
        attribute.value = ctypes.addressof(buffer)
        return b'' if ask() else buffer.raw[:attribute.size]

ulong = lambda number: bytes(ULONG(number))

def tokens(module, request):
    return [module.token(slot) for slot in module.slots()]

def opened(module, request):
    session = module.session(request['slot'])
    if request['login']:
        module.login(session, request['pin'])
    return session

def keys(module, request):
    session = opened(module, request)
    points = {}
    for key in module.find(session, (CLASS, ulong(PUBLIC)), (TOKEN, b'\\1')):
        point = module.value(session, key, EC_POINT)
        points.setdefault(module.value(session, key, ID), set()).add(point.hex())
    def facts(key):
        value = lambda kind: module.value(session, key, kind)
        return dict(label=value(LABEL).decode('utf-8', 'replace'), id=value(ID).hex(),
                    type=int.from_bytes(value(KEY_TYPE), sys.byteorder), params=value(EC_PARAMS).hex(),
                    points=sorted(points.get(value(ID), ())))
    return [facts(key) for key in module.find(session, (CLASS, ulong(PRIVATE)), (TOKEN, b'\\1'))]

def sign(module, request):
    session = opened(module, request)
    named = [(ID, bytes.fromhex(request['id'])), (LABEL, request['label'].encode())]
    found = module.find(session, (CLASS, ulong(PRIVATE)), (TOKEN, b'\\1'), *[each for each in named if each[1]])
    if len(found) != 1:
        raise Refused('C_FindObjects', 0)
    message = bytes.fromhex(request['message'])
    module.call('SignInit', session, ctypes.byref(Mechanism(EDDSA, None, 0)), ULONG(found[0]))
    if module.value(session, found[0], ALWAYS) == b'\\1':
        module.login(session, request['pin'], CONTEXT)
    signature, size = ctypes.create_string_buffer(1024), ULONG(1024)
    data = ctypes.create_string_buffer(message, len(message))
    module.call('Sign', session, data, ULONG(len(message)), signature, ctypes.byref(size))
    return signature.raw[:size.value].hex()

# What a module prints must not stand between the lines of the answer.
answer = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)
request = json.loads(sys.stdin.buffer.read())
try:
    result = dict(done=dict(tokens=tokens, keys=keys, sign=sign)[request['do']](Module(request['module']), request))
except Refused as refused:
    result = dict(refused=refused.args[0], status=refused.args[1])
except (OSError, AttributeError) as error:
    result = dict(unusable=str(error))
answer.write(json.dumps(result))
answer.flush()
os._exit(0)
`;
