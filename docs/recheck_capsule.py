"""What is asked of a capsule, decided from its files and documents; for recheck.py."""
import hashlib, re, unicodedata
import recheck_policy
from recheck_trust import DIGEST, UNREADABLE, canonical, demand, digest, fits, key_of, parse, safe, tally, unbase64, verifies

RECEIPT, STATEMENT_TYPE = "receipt.stunir.json", "application/vnd.in-toto+json"
TIERS = {name: full for full in recheck_policy.TIERS for name in (full, full[:2])}

# The shape of a receipt, and of what is in it (schemas/receipt.schema.json).
FILE = {"path": "(?s).+", "mode": "100644|100755", "size": int, "sha256": DIGEST}
ENVELOPE = {"payload": str, "payloadType": re.escape(STATEMENT_TYPE), "signatures": [{"keyid?": str, "sig": str}]}
TOOL = {"tool": str, "version": str}
STATEMENT = {
    "_type": r"https://in-toto\.io/Statement/v1", "subject": [{"name": str, "digest": {"sha256": "[0-9a-f]{64}"}}],
    "predicateType": r"https://stunir\.io/predicate/capsule/v1", "predicate": {
        "capsule": {"id": str, "version": str}, "files": [FILE], "input_hash": DIGEST, "output_hash": DIGEST, "determinism_tier": str,
        "audit?": {
            "auditor": str, "tree": DIGEST, "tier": "D0_bit_exact|D1_numerically_stable|D2_soft_deterministic", "verdict": "granted|held",
            "input": str, "runs": int, "deliveries": int, "no_matter": [str], "depends_on": [str]},
        "toolchain": [TOOL], "environment": dict, "timestamp": r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]+)?Z",
        "transformations": [{"step": str, "tool": str, "input_hash": DIGEST, "output_hash": DIGEST}]}}

def fold(name):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).upper().lower())

def good_name(name):
    """A name that means the same on every machine."""
    return (name not in ("", ".", "..") and name == unicodedata.normalize("NFC", name) and not re.search(r'[\\:<>|?*"]|[. ]$', name)
            and not any(unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp") for each in name)
            and not re.match(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³]|conin\$|conout\$)(\.|$)", name, re.I))

class Capsule:
    """A capsule, as it was found. Each check is a row of CHECKS; `decide` runs them in order, as far as what they need stands."""
    def __init__(self, walk, trust, root, stated=()):
        self.folder, self.files, self.problems, self.imports = (walk[name] for name in ("folder", "files", "problems", "imports"))
        self.documents = {path: unbase64(text) for path, text in walk["documents"].items()}
        self.trust, self.root, self.stated, self.signers = trust, root, dict(stated), []
        self.tree, self.id, self.version, self.checks = digest(canonical(self.files)), None, None, dict(CHECKS)
        paths, listed = [file["path"] for file in self.files], {file["path"]: (file["size"], file["sha256"]) for file in self.files}
        demand(paths == sorted({*paths}, key=str.encode) and RECEIPT not in paths, "files in disorder")
        demand(all(good_name(name) for path in paths for name in path.split("/")), "names that not every machine has")
        places = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 2)}
        demand(self.problems or paths and len({*map(fold, places)}) == len(places), "no files, or names that fold to one")
        demand("manifest.json" in self.documents or listed.get("manifest.json", (5_000_000,))[0] > 4 * 2**20, "no bytes of the manifest")
        demand(all(path == RECEIPT or listed.get(path) == (len(data), digest(data)) for path, data in self.documents.items()),
               "bytes that are not those of their file")
        demand("manifest.json" in self.documents or listed.get("manifest.json", (2**23,))[0] > 2**22, "no bytes of the manifest")

    def decide(self):
        """The result of each check: pass, warn, fail, or blocked by one that does not stand; and then what waivers make of it."""
        self.results, self.parts = {}, {}
        for check, (needs, run) in self.checks.items():
            try:
                blocked = any(self.results[need] in ("fail", "blocked") for need in needs)
                found = "blocked" if blocked else run(self)
                self.results[check] = found if type(found) is str else "pass" if found else "fail"
            except UNREADABLE:
                self.results[check] = "fail"
        self.waived = recheck_policy.weigh(self, self.trust["waivers"], self.trust["time"], self.trust["rules"])
        for check in self.waived:
            (self.parts if check in self.parts else self.results)[check] = "waived"
        if self.parts:
            self.results["policy.rules"] = worst(self.parts)
        self.grade = GRADES[worst(self.results)]
        self.admitted = self.grade != "quarantined"
        return self

    def names(self):
        return list(dict.fromkeys(entry["name"] for key in self.signers for entry in self.trust["keys"] if entry["public_key"] == key))

    def verdict(self, checks):
        """The verdict, around the checks as the proof has them."""
        known = {"id": self.id, "version": self.version} if self.id else {}
        return {"folder": self.folder, "grade": self.grade, "admitted": self.admitted, "tree": self.tree, "signers": self.names(),
                "checks": checks, **known}

    def bones(self):
        """What came out, without words: as `bones` below has it of a list of checks."""
        return [(check, result, self.waived.get(check), [(part, each, self.waived.get(part), []) for part, each in self.parts.items()]
                 if check == "policy.rules" else []) for check, result in self.results.items()]

    def manifest(self):
        """What is used of the manifest; whether all of it follows its schema is not decided here."""
        self.found = found = parse(self.documents["manifest.json"])
        demand(fits(found["id"], r"[a-z0-9_]+(\.[a-z0-9_]+)+") and fits(found["version"], r"[0-9]+\.[0-9]+\.[0-9]+"), "an odd id or version")
        self.tier = TIERS.get(found["capabilities"].get("determinism_tier"), "NX_experimental")
        self.component = found.get("interfaces", {}).get("wasm")
        if self.stated.get("manifest.schema") != "fail":
            self.id, self.version = found["id"], found["version"]
        return self.id is not None

    def receipt(self):
        envelope = parse(self.documents[RECEIPT])
        demand(fits(envelope, ENVELOPE) and 0 < len(envelope["signatures"]) <= 64, "no envelope")
        self.payload = unbase64(envelope["payload"])
        statement = parse(self.payload)
        demand(fits(statement, STATEMENT) and len(statement["subject"]) == 1, "no statement")
        self.subject, self.predicate = statement["subject"][0], statement["predicate"]
        self.signatures = [(each.get("keyid"), unbase64(each["sig"])) for each in envelope["signatures"]]
        return self.stated.get("receipt.format") != "fail"

    def hashes(self):
        flat = ("manifest.json", "logic.md", "schema.json", "policy.yaml")
        parts = {"input_hash": lambda path: path in flat or path.startswith(("spec/", "impl/src/")), "output_hash": lambda path:
                 path.startswith("impl/") and not path.startswith("impl/src/") and path != "impl/build.json"}
        audit = self.predicate.get("audit", {"tree": self.tree, "tier": self.tier})
        return self.predicate["determinism_tier"] == self.tier and (audit["tree"], audit["tier"]) == (self.tree, self.tier) and all(
            self.predicate[name] == digest(canonical([file for file in self.files if part(file["path"])])) for name, part in parts.items())

    def signed(self):
        """Finds the trusted keys under which signatures hold. No signature may be unsafe, or name a trusted key and not hold."""
        keys, found = [entry["public_key"] for entry in self.trust["keys"]], []
        for keyid, sig in self.signatures:
            holding = [key for key in keys if verifies(key_of(key), STATEMENT_TYPE, self.payload, sig)]
            hinted = any(hashlib.sha256(key_of(key)).hexdigest() == keyid for key in keys)
            self.signers = list(dict.fromkeys(self.signers + holding))
            found.append(safe(sig) and bool(holding or not hinted))
        return all(found) and bool(self.signers)

    def authority(self):
        return bool(recheck_policy.in_role(self, "build"))

    def role(self, name):
        if not self.root or name not in self.root["signed"]["require"]:
            return True
        threshold, names = tally(self.root["signed"], name, self.id, self.signers)
        return threshold is not None and len(names) >= threshold

    def claims(self):
        """A component that promises D0 may not import what differs from run to run; what cannot be told is a warning."""
        wasm = lambda path: path.endswith(".wasm")
        mine = [each for each in self.imports if not wasm(each["path"]) or each["path"] == self.component]
        if self.tier != "D0_bit_exact":
            return True
        if any("gives" in each and wasm(each["path"]) for each in mine):
            return False
        return "warn" if mine or self.component is not None and not wasm(self.component) else True

    def rules(self):
        """Each rule of the policy that covers the capsule; one that none covers is unknown to those who wrote the policy."""
        if self.trust["rules"] is None:
            return True
        self.parts = recheck_policy.rules_for(self.trust["rules"], self)
        return worst(self.parts) if self.parts else False

def worst(results):
    return max(results.values(), key=list(GRADES).index)

GRADES = {"pass": "admitted", "warn": "warned", "waived": "waived", "blocked": "quarantined", "fail": "quarantined"}
CHECKS = {  # which others must stand, and what is asked
    "layout": ((), lambda capsule: not capsule.problems),
    "manifest.schema": ((), Capsule.manifest),
    "receipt.present": ((), lambda capsule: RECEIPT in capsule.documents),
    "receipt.format": (("receipt.present",), Capsule.receipt),
    "receipt.subject": (("manifest.schema", "receipt.format"), lambda capsule: f"{capsule.id}@{capsule.version}"
                        == capsule.subject["name"] == "{id}@{version}".format(**capsule.predicate["capsule"])),
    "receipt.files": (("layout", "receipt.format"),
                      lambda capsule: sorted(capsule.predicate["files"], key=lambda file: file["path"].encode()) == capsule.files),
    "receipt.tree": (("receipt.files",), lambda capsule: "sha256:" + capsule.subject["digest"]["sha256"] == capsule.tree),
    "receipt.hashes": (("receipt.files", "manifest.schema"), Capsule.hashes),
    "trust.root": ((), lambda capsule: not capsule.trust["problems"] and capsule.trust["holds"]),
    "receipt.signatures": (("receipt.format", "trust.root"), Capsule.signed),
    "authority": (("manifest.schema", "receipt.signatures"), Capsule.authority),
    "trust.build": (("authority",), lambda capsule: capsule.role("build")),
    "trust.deploy": (("manifest.schema", "receipt.signatures"), lambda capsule: capsule.role("deploy")),
    "claims.determinism": (("layout", "manifest.schema"), Capsule.claims),
    "policy.file": ((), lambda capsule: not capsule.trust["policy_problems"]),
    "policy.rules": (("policy.file", "manifest.schema", "receipt.tree", "receipt.signatures"), Capsule.rules)}
