#!/usr/bin/env python3
"""Decides a proof of `vnes verify --proof FILE` again, without vnes: Python's standard library and the openssl command.

    python3 recheck.py proof.json

Ends with 0 when the proof holds and everything in it is admitted, 1 when it does not hold or something is refused, 2 when it is no
proof, 4 when it holds and names no capsule, before the change or after it, 3 when an expression of its policy, or a schema, has something that is not decided here. It shares no code with vnes, and differs from it in this:
it does not compare evidence in words; it has no schema of manifests, so it believes that a manifest or receipt was refused for its form,
though not of a capsule as it was before a change, and does not look for what that schema refuses. See docs/proofs.md.

The modules beside it: recheck_trust.py, keys, signatures and trust roots; recheck_capsule.py, what is asked of a capsule;
recheck_git.py, what changes in git may not do; recheck_schema.py, which schemas may take the place of others; recheck_policy.py and recheck_cel.py, what a policy asks and waivers let pass.
"""
import sys
sys.dont_write_bytecode = True
import recheck_git, recheck_policy
from recheck_capsule import FILE, RECEIPT, Capsule
from recheck_cel import Undecided
from recheck_trust import UNREADABLE, canonical, demand, fits, good_time, key_of, owners, parse, root_holds

# The shape of a proof (schemas/proof.schema.json).
DIAGNOSTIC = {"code": "VNES[0-9]{4}", "severity": "error|warning|note", "message": str, "place?": dict, "expected?": str, "found?": str,
              "help?": str}
PART = {"id": str, "proves": str, "result": "pass|warn|waived|fail|blocked", "evidence?": str, "diagnostics?": [DIAGNOSTIC],
        "waiver?": {"id": str, "reason": str, "owner": str, "expires": str, "by": [str]}}
CHECK = {**PART, "checks?": [PART]}
WALK = {"folder": str, "files": [FILE], "problems": [DIAGNOSTIC], "imports": [{"path": str, "name": str, "gives?": str, "line?": int}],
        "documents": {"manifest.json?": str, RECEIPT + "?": str, "impl/build.json?": str}}
CAPSULE = {**WALK, "changes?": recheck_git.CHANGES, "verdict": {
    "folder": str, "grade": "admitted|warned|waived|quarantined", "admitted": bool, "id?": str, "version?": str, "tree": str, "signers": [str],
    "checks": [CHECK]}}
PROOF = {
    "format": r"https://stunir\.io/vnes/proof/v1", "verifier": {"name": str, "version": str}, "time": (str, None),
    "policy": ({"source": "root|option|unpinned", "file": str, "document": (dict, None), "problems": [DIAGNOSTIC]}, None),
    "waivers": ({"file": str, "document": dict}, None),
    "trust": {"keys": [{"name": str, "public_key": str, "namespaces": [str]}], "problems": [DIAGNOSTIC],
              "root": ({"file": str, "document": dict, "forgotten?": str}, None)},
    "git": ({**recheck_git.FACTS, "past": [WALK], "change": [CHECK]}, None), "capsules": [CAPSULE],
    "totals": {"discovered": int, "verified": int, "waived": int, "failed": int}}

def decide_trust(proof):
    """Who is trusted: under a trust root, those whom it names, if it holds and nothing speaks against it. And what is asked and let pass."""
    trust, time = proof["trust"], proof["time"]
    root, keys = trust["root"] and trust["root"]["document"], {entry["public_key"]: entry["name"] for entry in trust["keys"]}
    timed = root or proof["git"] and proof["git"]["trust_files"] + proof["git"]["governance"]
    demand(all(map(key_of, keys)) and len(keys) == len(trust["keys"]), "unsafe keys, or one twice")
    demand(good_time(time) if timed else time is None, "a time that nothing depends on, or none")
    demand(root or not trust["problems"] or not keys, "keys that are trusted in spite of a problem")
    trust["holds"] = not root or root_holds(root, time)
    if root:
        signed, counts = root["signed"], trust["holds"] and not trust["problems"]
        demand(keys == (owners(signed) if counts else {}), "keys that the root does not name")
        demand(all(entry["namespaces"] == [each["namespace"] for each in signed["delegations"] if each["role"] == "build"
                                           and entry["name"] in each["principals"]] for entry in trust["keys"]), "other namespaces")
    rules, waivers = recheck_policy.prepare(proof)
    trust.update(rules=rules, waivers=waivers, time=time, policy_problems=proof["policy"] and proof["policy"]["problems"])
    return trust, root

def bones(checks):
    return [(each["id"], each["result"], each.get("waiver"), bones(each.get("checks", []))) for each in checks]

def differing(where, stated, decided):
    """Which checks of a list say otherwise than they come out."""
    if stated == decided:
        return []
    return [f"{where}: {name}" for name in sorted({check[0] for check in stated + decided if (check in stated) != (check in decided)})] or [where]

def recheck(proof):
    """What differs; the capsules; and whether the change, if it is one, may pass."""
    demand(fits(proof, PROOF) and (proof["capsules"] or proof["git"]), "not a proof")
    trust, root = decide_trust(proof)
    capsules = [Capsule(entry, trust, root, {check["id"]: check["result"] for check in entry["verdict"]["checks"]})
                for entry in proof["capsules"]]
    differences, change, git = [], {}, proof["git"]
    demand(git or not any("changes" in entry for entry in proof["capsules"]), "changes without git")
    if git:
        past = [Capsule(entry, trust, root).decide() for entry in git["past"]]
        recheck_git.prepare(proof, capsules, past)
    for capsule, entry in zip(capsules, proof["capsules"]):
        checks, decided = entry["verdict"]["checks"], capsule.decide()
        differences += differing(capsule.folder, bones(checks), decided.bones())
        differences += [f"{capsule.folder}: the verdict"] if canonical(decided.verdict(checks)) != canonical(entry["verdict"]) else []
    if git:
        change, removed = recheck_git.decide(proof, capsules, past)
        differences += differing("the change", bones(git["change"]), [(check, result, None, []) for check, result in change.items()])
        differences += ["what was removed"] if canonical(removed) != canonical(git["removed"]) else []
    grades = [capsule.grade for capsule in capsules]
    totals = {"discovered": len(grades), "verified": grades.count("admitted") + grades.count("warned"), "waived": grades.count("waived"),
              "failed": grades.count("quarantined")}
    if totals != proof["totals"] or len({capsule.folder for capsule in capsules}) < len(capsules):
        differences.append("the totals")
    return differences, capsules, "fail" not in change.values()

def main(path):
    """The exit status, and the lines to print."""
    try:
        with open(path, "rb") as file:
            proof = parse(file.read())
        differences, capsules, passes = recheck(proof)
    except UNREADABLE as error:
        return 2, ["not a proof that can be read: %s" % error]
    except Undecided as error:
        return 3, ["not decided: an expression of the policy or a schema has %s" % error]
    git = proof["git"]
    shows_nothing = not capsules and not git["past"]
    unseen = "whether that is all that lies in git, and nothing is left out" if git else "whether these files lie there"
    lines = ["%s  %s  %s" % ("verified" if each.admitted else "failed  ", f"{each.id}@{each.version}" if each.id else "unknown capsule",
                             each.folder) for each in capsules]
    lines += [] if passes else ["the change is refused"]
    lines += ["differs: " + each for each in differences]
    lines += ["not checked: " + each for each in ("whether those who are trusted deserve it", unseen)]
    lines.append("the proof holds" if not differences else "the proof does not hold")
    lines += ["it names no capsule, so it shows nothing by itself; vnes recheck --git asks the repository"] if shows_nothing else []
    good = not differences and passes and all(each.admitted for each in capsules)
    return (1 if not good else 4 if shows_nothing else 0), lines

if __name__ == "__main__":
    code, report = main(sys.argv[1])
    print("\n".join(report))
    sys.exit(code)
