"""Runs once in a new interpreter, before its image is taken; afterwards `_vnes_dispatch` answers the host (interpreter.ts)."""

# Imported now, so that capsules find them loaded. What is imported here is part of the image and of its pinned digest.
import abc, ast, base64, bisect, calendar, collections, collections.abc, contextlib, copy, csv, dataclasses, datetime  # noqa: E401
import decimal, enum, fractions, functools, hashlib, heapq, hmac, io, itertools, json, logging, math, numbers, operator, os  # noqa: E401
import pathlib, posix, random, re, statistics, string, struct, sys, textwrap, time, traceback, types, typing, uuid  # noqa: E401
import urllib.parse, warnings, weakref, zlib  # noqa: E401
import importlib.util

sys.path[:] = ["/vnes", "/capsule", "/capsule/impl/vendor", "/lib/python312.zip"]
import vnes  # noqa: E402

sys.path.remove("/vnes")
del vnes.__file__, vnes.__cached__, vnes.__spec__, vnes.__loader__


def _vnes_setup():
    door, chunk = 1000, 1 << 16
    read, write, pack = posix.read, posix.write, struct.pack
    unpack = struct.Struct("<I").unpack_from
    nothing = 0xFFFFFFFF
    dumps, loads = json.dumps, json.loads
    refusal, event = vnes.Refusal, vnes.Event
    granted = 0
    done, refused, failed = 20, 21, 22

    def encode(kind, parts):
        out = [bytes((kind,))]
        for part in parts:
            if part is None:
                out.append(b"\xff\xff\xff\xff")
                continue
            data = part.encode()
            out.append(pack("<I", len(data)))
            out.append(data)
        return b"".join(out)

    def receive():
        data = read(door, chunk)
        if len(data) == chunk:
            whole = [data]
            while len(data) > 0:
                data = read(door, chunk)
                whole.append(data)
            data = b"".join(whole)
        parts, at = [], 1
        while at < len(data):
            (length,) = unpack(data, at)
            at += 4
            if length == nothing:
                parts.append(None)
                continue
            parts.append(data[at : at + length])
            at += length
        return data[0], parts

    def ask_bytes(kind, *parts):
        write(door, encode(kind, parts))
        status, answer = receive()
        if status == granted:
            return answer
        raise refusal(answer[0].decode())

    def ask(kind, *parts):
        return [None if part is None else part.decode() for part in ask_bytes(kind, *parts)]

    vnes._ask = ask
    vnes._ask_bytes = lambda kind, *parts: ask_bytes(kind, *parts)[0]

    class Lines(io.TextIOBase):
        """What a capsule prints becomes lines of its log."""

        def __init__(self, level):
            self.level, self.rest = level, ""

        def writable(self):
            return True

        def write(self, text):
            *lines, self.rest = (self.rest + text).split("\n")
            for line in lines:
                ask(9, self.level, line)
            return len(text)

        def flush(self):
            pass

        def close_line(self):
            if self.rest:
                self.write("\n")

    out, err = Lines("info"), Lines("warn")
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, err
    sys.__stdin__ = sys.__stdout__ = sys.__stderr__ = None

    def sleep(_seconds):
        raise OSError("time does not pass while an event is handled")

    time.sleep = sleep

    def shown(path):
        """A path without the folders of the sandbox."""
        if path.startswith("/capsule/"):
            return path[len("/capsule/") :]
        return path.replace("/lib/python312.zip/", "python/")

    def describe(error):
        """An exception in one form: its last line first, then the frames from the outermost to the innermost."""
        frames = [
            f"{shown(code.co_filename)}:{line} in {code.co_name}"
            for code, line in ((frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__))
            if not hidden(code.co_filename)
        ]
        if len(frames) > 20:
            frames[10:-10] = [f"... {len(frames) - 20} more"]
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            frames.append(f"{shown(error.filename)}:{error.lineno}")
        name = type(error).__qualname__
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return "\n  ".join([f"{name}: {text}" if text else name, *frames])

    def hidden(path):
        return path.startswith(("/vnes/", "/lib/python312.zip/importlib/", "<frozen importlib"))

    target = {}

    def start(module, function, settings):
        random.seed(ask_bytes(8, "32")[0])
        vnes._config = settings
        loaded = importlib.import_module(module)
        target["handle"] = find(loaded, function)
        target["serve"] = getattr(loaded, "serve", None)
        begin = getattr(loaded, "init", None)
        if begin is not None:
            begin(loads(settings))

    def find(module, function):
        found = module
        for name in function.split("."):
            found = getattr(found, name, None)
        if not callable(found):
            raise refusal(f"{module.__name__} has no function {function}")
        return found

    def handle(topic, partition, offset, moment, key, payload):
        target["handle"](event(topic, int(partition), int(offset), int(moment), key, loads(payload)))

    def serve(method, payload):
        if target["serve"] is None:
            raise refusal(f"unknown method {method}")
        return dumps(target["serve"](method, loads(payload)), ensure_ascii=False, allow_nan=False)

    def inspect(module, function):
        """Reports what keeps a capsule's sources from being run, without running them: a log line for each, as JSON."""
        warnings.simplefilter("ignore")
        known = {}
        for folder, _, names in os.walk("/capsule/impl/src"):
            for name in sorted(names):
                if name.endswith(".py"):
                    path = os.path.join(folder, name)
                    known[path] = compiles(path)
        base = "/capsule/" + module.replace(".", "/")
        file = next((path for path in (base + "/__init__.py", base + ".py") if os.path.isfile(path)), None)
        if file is None:
            return report(shown(base) + ".py", None, None, "missing", f"there is no module {module}")
        tree = known[file] if file in known else compiles(file)
        if tree is not None and not defines(tree, function.split(".")[0]):
            report(shown(file), None, None, "missing", f"{module} has no function {function}")

    def compiles(path):
        try:
            with open(path, "rb") as stream:
                source = stream.read()
            compile(source, path, "exec", dont_inherit=True)
            return ast.parse(source, path)
        except SyntaxError as error:
            report(shown(path), error.lineno, error.offset, "syntax", error.msg)
        except (ValueError, RecursionError, MemoryError, UnicodeError) as error:
            report(shown(path), None, None, "syntax", str(error) or type(error).__name__)

    def defines(tree, name):
        """Whether a module binds a name at its top; what it takes from others by a star may hold it."""
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name:
                return True
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
                return True
            if isinstance(node, ast.alias) and (node.asname or node.name) in (name, "*"):
                return True
        return False

    def report(path, line, column, kind, message):
        ask(9, "error", dumps({"column": column, "kind": kind, "line": line, "message": message[:300], "path": path}))

    requests = {1: start, 2: handle, 3: serve, 4: inspect}
    out_of_memory = encode(failed, ["memory ran out"])

    def dispatch():
        kind, parts = receive()
        texts = [None if part is None else part.decode() for part in parts]
        out.rest = err.rest = ""
        try:
            result = requests[kind](*texts)
            out.close_line()
            err.close_line()
            answer = encode(done, [result or ""])
        except refusal as error:
            answer = encode(refused, [str(error)])
        except MemoryError:
            answer = out_of_memory
        except BaseException as error:
            try:
                answer = encode(failed, [describe(error)])
            except BaseException:
                answer = encode(failed, [type(error).__name__])
        write(door, answer)

    return dispatch


sys.modules["_pyodide_core"] = None
_vnes_dispatch = _vnes_setup()
random.seed(0)
