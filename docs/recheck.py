#!/usr/bin/env python3
"""Decides a proof of `vnes verify --proof FILE` again, without vnes: Python's standard library and the openssl command.

    python3 recheck.py proof.json

Ends with 0 when the proof holds and every capsule in it is admitted, 1 when it does not hold or a capsule is refused, 2 when it
is no proof. It believes refusals for the form of a manifest or receipt; it believes no admission. See docs/proofs.md.
"""
import base64, hashlib, json, os, re, subprocess, sys, tempfile, unicodedata

PRIME, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
SMALL = {0, 1, PRIME - 1} | {int.from_bytes(bytes.fromhex(point), "little") for point in (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")}
SPKI, RECEIPT = bytes.fromhex("302a300506032b6570032100"), "receipt.stunir.json"
STATEMENT_TYPE, ROOT_TYPE = "application/vnd.in-toto+json", "application/vnd.stunir.vnes-trust-root+json"
TIERS = {name: full for full in ("D0_bit_exact", "D1_numerically_stable", "D2_soft_deterministic", "NX_experimental")
         for name in (full, full[:2])}
CHECKS = {  # what must have passed before
    "layout": (), "manifest.schema": (), "receipt.present": (), "receipt.format": ("receipt.present",),
    "receipt.subject": ("manifest.schema", "receipt.format"), "receipt.files": ("layout", "receipt.format"),
    "receipt.tree": ("receipt.files",), "receipt.hashes": ("receipt.files", "manifest.schema"), "trust.root": (),
    "receipt.signatures": ("receipt.format", "trust.root"), "authority": ("manifest.schema", "receipt.signatures"),
    "trust.build": ("authority",), "trust.deploy": ("manifest.schema", "receipt.signatures"),
    "claims.determinism": ("layout", "manifest.schema")}

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

def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()

def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def unbase64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 of another spelling")
    return data

def bad_point(point):
    y = int.from_bytes(point, "little") & (2**255 - 1)
    return y >= PRIME or y in SMALL

def key_of(text):
    der = unbase64(text)
    demand(der[:12] == SPKI and len(der) == 44 and not bad_point(der[12:]), "an unsafe or foreign key")
    return der

def safe(sig):
    return len(sig) == 64 and not bad_point(sig[:32]) and int.from_bytes(sig[32:], "little") < ORDER

def verifies(der, kind, payload, sig):
    """Ed25519 by openssl, over DSSE's pre-authentication encoding."""
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", der), ("msg", message), ("sig", sig)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in msg -sigfile sig".split()
        return safe(sig) and subprocess.run(command, cwd=folder, capture_output=True).returncode == 0

def covers(pattern, name):
    return name.startswith(pattern[:-1]) and len(name) >= len(pattern) if pattern.endswith(".*") else name == pattern

def owners(signed):
    return {key: person["name"] for person in signed["principals"] for key in person["keys"]}

def root_holds(document, time):
    """Every version signed by enough of its own root principals and of the version before; the last one in force."""
    former, good = None, True
    for number, version in enumerate(document["former"] + [document], 1):
        signed, signatures = version["signed"], version["signatures"]
        revoked = [entry["public_key"] for entry in signed["revoked"]]
        keys = [key for person in signed["principals"] for key in person["keys"]] + revoked
        signing = [entry["public_key"] for entry in signatures]
        demand(len({*keys}) == len(keys) and len({*signing}) == len(signing) and all(map(key_of, keys)), "a key twice")
        good &= all(verifies(key_of(entry["public_key"]), ROOT_TYPE, canonical(signed), unbase64(entry["sig"])) for entry in signatures)
        known = set()
        for group in (signed, former or signed):
            mine = {key: name for key, name in owners(group).items() if name in group["root"]["principals"]}
            known |= set(mine)
            good &= len({mine[key] for key in signing if key in mine}) >= group["root"]["threshold"] >= 1
        good &= known >= set(signing) and signed["version"] == number
        good &= signed.get("previous") == (digest(canonical(former)) if former else None)
        good &= former is None or (former["name"] == signed["name"] and {*revoked} >= {each["public_key"] for each in former["revoked"]})
        former = signed
    return good and time < former["expires"]

def tally(signed, role, name, keys):
    """Whether enough principals signed, and how many; the most specific delegation decides."""
    fitting = [each for each in signed["delegations"] if each["role"] == role and covers(each["namespace"], name)]
    if not fitting:
        return False, 0
    best = max(fitting, key=lambda each: (not each["namespace"].endswith(".*"), len(each["namespace"])))
    count = len({owners(signed).get(key) for key in keys} & set(best["principals"]))
    return count >= best["threshold"] >= 1, count

def good_path(path):
    return path == unicodedata.normalize("NFC", path) and path != RECEIPT and all(
        part not in ("", ".", "..") and not re.search(r'[\\:<>|?*"\x00-\x1f\x7f]|[. ]$', part) for part in path.split("/"))

def read_receipt(data):
    envelope = parse(data)
    demand(set(envelope) == {"payload", "payloadType", "signatures"} and envelope["payloadType"] == STATEMENT_TYPE, "envelope")
    payload, signatures = unbase64(envelope["payload"]), envelope["signatures"]
    statement = parse(payload)
    demand(0 < len(signatures) <= 64 and len(statement["subject"]) == 1, "signatures or subject")
    demand(statement["_type"] == "https://in-toto.io/Statement/v1", "statement")
    demand(statement["predicateType"] == "https://stunir.io/predicate/capsule/v1", "predicate")
    return payload, statement["subject"][0], statement["predicate"], [(each.get("keyid"), unbase64(each["sig"])) for each in signatures]

def signers_of(payload, signatures, keys):
    """The keys under which signatures hold; none when one is unsafe, or names a trusted key and does not hold."""
    found = []
    for keyid, sig in signatures:
        holding = [key for key in keys if verifies(key_of(key), STATEMENT_TYPE, payload, sig)]
        hinted = any(hashlib.sha256(key_of(key)).hexdigest() == keyid for key in keys)
        if not safe(sig) or (hinted and not holding):
            return []
        found += [key for key in holding if key not in found]
    return found

class Capsule:
    """One capsule of a proof. Each check is a method; `decide` runs them in order, as far as what they need has passed."""
    def __init__(self, entry, trust, root):
        self.entry, self.trust, self.root, self.files, self.signers = entry, trust, root, entry["files"], []
        self.stated = {check["id"]: check["result"] for check in entry["verdict"]["checks"]}
        self.warned = "warn" in self.stated.values()  # Warnings are believed; they admit what passes anyway.
        self.stated = {check: "pass" if result == "warn" else result for check, result in self.stated.items()}
        self.documents = {path: unbase64(text) for path, text in entry["documents"].items()}
        paths = [file["path"] for file in self.files]
        demand(isinstance(entry["imports"], list) and isinstance(entry["problems"], list), "imports or problems")
        demand(all(isinstance(each["path"] + each["name"], str) for each in entry["imports"]), "imports")
        demand(paths == sorted({*paths}, key=str.encode) and all(map(good_path, paths)), "files in disorder, or odd ones")
        folded = {unicodedata.normalize("NFKC", path).casefold() for path in paths}
        demand(entry["problems"] or (paths and len(folded) == len(paths)), "no files, or names that fold to one")
        listed = {file["path"]: (file["size"], file["sha256"]) for file in self.files}
        demand(all(path == RECEIPT or listed.get(path) == (len(data), digest(data)) for path, data in self.documents.items()),
               "bytes that are not those of their file")

    def decide(self):
        decided = {}
        for check, needs in CHECKS.items():
            try:
                blocked = any(decided[need] != "pass" for need in needs)
                decided[check] = "blocked" if blocked else "pass" if getattr(self, check.replace(".", "_"))() else "fail"
            except UNREADABLE:
                decided[check] = "fail"
        return decided

    def layout(self):
        return not self.entry["problems"]

    def manifest_schema(self):
        self.manifest = parse(self.documents["manifest.json"])
        self.id, self.name = self.manifest["id"], self.manifest["id"] + "@" + self.manifest["version"]
        self.tier = TIERS.get(self.manifest["capabilities"].get("determinism_tier"), "NX_experimental")
        return self.stated.get("manifest.schema") != "fail"

    def receipt_present(self):
        return RECEIPT in self.documents

    def receipt_format(self):
        self.payload, self.subject, self.predicate, self.signatures = read_receipt(self.documents[RECEIPT])
        return self.stated.get("receipt.format") != "fail"

    def receipt_subject(self):
        return [self.subject["name"], "{id}@{version}".format(**self.predicate["capsule"])] == [self.name] * 2

    def receipt_files(self):
        return sorted(self.predicate["files"], key=lambda file: file["path"].encode()) == self.files

    def receipt_tree(self):
        return "sha256:" + self.subject["digest"]["sha256"] == digest(canonical(self.files))

    def receipt_hashes(self):
        flat = ("manifest.json", "logic.md", "schema.json", "policy.yaml")
        parts = {"input_hash": lambda path: path in flat or path.startswith(("spec/", "impl/src/")), "output_hash": lambda path:
                 path.startswith("impl/") and not path.startswith("impl/src/") and path != "impl/build.json"}
        return self.predicate["determinism_tier"] == self.tier and all(
            self.predicate[name] == digest(canonical([file for file in self.files if part(file["path"])])) for name, part in parts.items())

    def trust_root(self):
        return not self.trust["problems"] and self.trust.get("holds", True)

    def receipt_signatures(self):
        self.signers = signers_of(self.payload, self.signatures, [entry["public_key"] for entry in self.trust["keys"]])
        return bool(self.signers)

    def authority(self):
        if self.root:
            return tally(self.root["signed"], "build", self.id, self.signers)[1] > 0
        return any(covers(pattern, self.id) for entry in self.trust["keys"] if entry["public_key"] in self.signers
                   for pattern in entry["namespaces"])

    def role(self, name):
        return not self.root or name not in self.root["signed"]["require"] or tally(self.root["signed"], name, self.id, self.signers)[0]

    def trust_build(self):
        return self.role("build")

    def trust_deploy(self):
        return self.role("deploy")

    def claims_determinism(self):
        component = self.manifest.get("interfaces", {}).get("wasm")
        return self.tier != "D0_bit_exact" or not any(
            "gives" in each and each["path"] == component and component.endswith(".wasm") for each in self.entry["imports"])

def recheck(proof):
    """What differs, and for every capsule its folder, its name and whether it is admitted."""
    demand(proof["format"] == "https://stunir.io/vnes/proof/v1" and proof["capsules"] and proof["policy"] is None, "not a proof")
    demand(proof["git"] is None, "a proof of git, which is not decided here")
    trust, admitted, differences = proof["trust"], [], []
    root = trust["root"] and trust["root"]["document"]
    keys = {entry["public_key"]: entry["name"] for entry in trust["keys"]}
    demand(all(map(key_of, keys)) and len(keys) == len(trust["keys"]), "unsafe keys, or one twice")
    demand(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", proof["time"]) if root else proof["time"] is None, "an odd time")
    demand(root or not trust["problems"] or not keys, "keys that are trusted in spite of a problem")
    if root:
        demand(isinstance(trust["root"]["file"], str) and isinstance(trust["root"].get("forgotten", ""), str), "an odd root")
        trust["holds"] = root_holds(root, proof["time"])
        counts = trust["holds"] and not trust["problems"]
        spaces = {name: [each["namespace"] for each in root["signed"]["delegations"] if each["role"] == "build" and name in each["principals"]]
                  for name in keys.values()}
        demand(keys == (owners(root["signed"]) if counts else {}), "keys that the root does not name")
        demand(all(entry["namespaces"] == spaces[entry["name"]] for entry in trust["keys"]), "namespaces that the root does not give")
    for entry in proof["capsules"]:
        verdict, folder, capsule = entry["verdict"], entry["folder"], Capsule(entry, trust, root)
        decided = capsule.decide()
        good = decided["manifest.schema"] == "pass"
        ok = all(result == "pass" for result in decided.values())
        names = list(dict.fromkeys(keys[key] for key in capsule.signers))
        grade = ("warned" if capsule.warned else "admitted") if ok else "quarantined"
        facts = {"folder": folder, "grade": grade, "admitted": ok, "tree": digest(canonical(entry["files"])), "signers": names, "checks": verdict["checks"]}
        facts.update({"id": capsule.id, "version": capsule.manifest["version"]} if good else {})
        admitted.append((folder, capsule.name if good else "unknown capsule", ok))
        differences += [folder + ": " + check for check in sorted({*decided} | {*capsule.stated})
                        if decided.get(check) != capsule.stated.get(check)]
        differences += [folder + ": the verdict"] if canonical(facts) != canonical(verdict) or len(verdict["checks"]) != len(capsule.stated) else []
    verified = sum(ok for _, _, ok in admitted)
    totals = {"discovered": len(admitted), "verified": verified, "waived": 0, "failed": len(admitted) - verified}
    if canonical(proof["totals"]) != canonical(totals) or len({folder for folder, _, _ in admitted}) < len(admitted):
        differences.append("the totals")
    return differences, admitted

def main(path):
    """The exit status, and the lines to print."""
    try:
        with open(path, "rb") as file:
            differences, admitted = recheck(parse(file.read()))
    except UNREADABLE as error:
        return 2, ["not a proof that can be read: %s" % error]
    lines = ["%s  %s  %s" % ("verified" if ok else "failed  ", name, folder) for folder, name, ok in admitted]
    lines += ["differs: " + each for each in differences]
    lines.append("the proof holds" if not differences else "the proof does not hold")
    return (0 if not differences and all(ok for _, _, ok in admitted) else 1), lines

if __name__ == "__main__":
    code, report = main(sys.argv[1])
    print("\n".join(report))
    sys.exit(code)
