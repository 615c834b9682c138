"""What recheck.py stands on: strict JSON and its shapes, Ed25519 by openssl, and trust roots."""
import base64, datetime, functools, hashlib, json, os, re, subprocess, tempfile

class Malformed(Exception):
    pass

UNREADABLE = (Malformed, KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError, OSError)

def demand(holds, message):
    if not holds:
        raise Malformed(message)

def parse(data):
    """Strict JSON: UTF-8, each key once, no NaN."""
    def members(pairs):
        demand(len({key for key, _ in pairs}) == len(pairs), "a key occurs twice")
        return dict(pairs)
    return json.loads(data.decode("utf-8"), object_pairs_hook=members, parse_constant=lambda text: demand(False, text))

def fits(value, shape):
    """Whether a value is of a shape: a type, a pattern for text, None, (one, or another), [each] or {name: its, "optional?": its}."""
    if isinstance(shape, tuple):
        return any(fits(value, each) for each in shape)
    if isinstance(shape, list):
        return type(value) is list and all(fits(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        known = {name.rstrip("?"): each for name, each in shape.items()}
        return (type(value) is dict and {name for name in shape if name[-1] != "?"} <= {*value} <= {*known}
                and all(fits(each, known[name]) for name, each in value.items()))
    if isinstance(shape, str):
        return type(value) is str and re.fullmatch(shape, value) is not None
    return value is None if shape is None else type(value) is shape and (shape is not int or value >= 0)

def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()

def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def unbase64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 of another spelling")
    return data

def good_time(text):
    return fits(text, "[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z") and bool(datetime.datetime.fromisoformat(text[:-1]))

# Ed25519 as RFC 8032 has it. openssl takes keys and signatures under which anything verifies; those are refused first.
PRIME, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
SMALL = {0, 1, PRIME - 1} | {int.from_bytes(bytes.fromhex(point), "little") for point in (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}
SPKI = bytes.fromhex("302a300506032b6570032100")

def bad_point(point):
    y = int.from_bytes(point, "little") & (2**255 - 1)
    return y >= PRIME or y in SMALL

def key_of(text):
    der = unbase64(text)
    demand(der[:12] == SPKI and len(der) == 44 and not bad_point(der[12:]), "an unsafe or foreign key")
    return der

def safe(sig):
    return len(sig) == 64 and not bad_point(sig[:32]) and int.from_bytes(sig[32:], "little") < ORDER

@functools.cache
def verifies(der, kind, payload, sig):
    """Whether a signature holds over DSSE's pre-authentication encoding."""
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", der), ("msg", message), ("sig", sig)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in msg -sigfile sig".split()
        return safe(sig) and subprocess.run(command, cwd=folder, capture_output=True).returncode == 0

KEY, NAME, DIGEST, SPACE = "[A-Za-z0-9+/=]{60}", "[a-z0-9][a-z0-9_-]{0,63}", "sha256:[0-9a-f]{64}", r"[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?"
GROUP = {"principals": [NAME], "threshold": int}
VERSION = {"signed": {
    "type": "vnes-trust-root-v1", "name": str, "version": int, "previous?": DIGEST, "policy?": DIGEST, "expires": str, "root": GROUP, "require": ["build|deploy"],
    "principals": [{"name": NAME, "keys": [KEY]}], "revoked": [{"public_key": KEY, "principal": NAME, "reason": str}],
    "delegations": [{"role": "build|deploy|review|waive", "namespace": SPACE, **GROUP}]},
    "signatures": [{"public_key": KEY, "sig": "[A-Za-z0-9+/]{86}=="}]}

def versions_of(document):
    """All versions of a trust root, the first one first, if each is one by its form."""
    demand(fits(document, {**VERSION, "former": [VERSION]}), "no trust root")
    versions = document["former"] + [{name: document[name] for name in VERSION}]
    for version in versions:
        signed, people = version["signed"], {each["name"]: each["keys"] for each in version["signed"]["principals"]}
        keys = [key for each in people.values() for key in each] + [each["public_key"] for each in signed["revoked"]]
        signing = [each["public_key"] for each in version["signatures"]]
        roles = [(each["role"], each["namespace"]) for each in signed["delegations"]]
        groups = [signed["root"], *signed["delegations"]]
        once = [keys, signing, roles, signed["require"], signed["principals"], *(group["principals"] for group in groups)]
        demand(all(map(key_of, keys)) and len(people) == len(signed["principals"]), "an unsafe key, or a principal twice")
        demand(all(len({*map(str, each)}) == len(each) for each in once), "something twice")
        demand(all(group["threshold"] > 0 and {*people} >= {*group["principals"]} for group in groups), "unknown principals")
        demand(sum(bool(people[name]) for name in signed["root"]["principals"]) >= signed["root"]["threshold"], "nobody could change it")
        demand(roles and "build" in signed["require"] and good_time(signed["expires"]), "no roles, or no expiry")
    return versions

def owners(signed):
    return {key: person["name"] for person in signed["principals"] for key in person["keys"]}

def root_holds(document, time):
    """Every version signed by enough of its own root principals and of the version before; the last one in force."""
    former, good = None, True
    for number, version in enumerate(versions_of(document), 1):
        signed, signatures, known = version["signed"], version["signatures"], set()
        signing = {entry["public_key"] for entry in signatures}
        for group in (signed, former or signed):
            mine = {key: name for key, name in owners(group).items() if name in group["root"]["principals"]}
            known |= {*mine}
            good &= len({mine[key] for key in signing & {*mine}}) >= group["root"]["threshold"]
        good &= known >= signing and all(
            verifies(key_of(entry["public_key"]), "application/vnd.stunir.vnes-trust-root+json", canonical(signed), unbase64(entry["sig"]))
            for entry in signatures)
        good &= signed["version"] == number and signed.get("previous") == (digest(canonical(former)) if former else None)
        lost = {each["public_key"] for each in former["revoked"]} if former else set()
        good &= former is None or former["name"] == signed["name"] and {each["public_key"] for each in signed["revoked"]} >= lost
        former = signed
    return good and time < former["expires"]

def covers(pattern, name):
    return name.startswith(pattern[:-1]) and len(name) >= len(pattern) if pattern.endswith(".*") else name == pattern

def tally(signed, role, name, keys):
    """How many must sign in a role, None if nobody has it, and which principals did. The most specific delegation decides."""
    fitting = [each for each in signed["delegations"] if each["role"] == role and covers(each["namespace"], name)]
    if not fitting:
        return None, []
    best = max(fitting, key=lambda each: (not each["namespace"].endswith(".*"), len(each["namespace"])))
    signing = {owners(signed).get(key) for key in keys}
    return best["threshold"], [each for each in best["principals"] if each in signing]
