"""What changes in git may not do, decided from what a proof states of them (docs/proofs.md); for recheck.py."""
from types import SimpleNamespace

from recheck_schema import still_serves
from recheck_policy import check_waivers, counts
from recheck_trust import UNREADABLE, demand, digest, parse, canonical, root_holds, unbase64, versions_of

MODE, COMMIT = ("[0-7]{6}", None), ("[0-9a-f]{40}|[0-9a-f]{64}", None)
ENTRY = ({"mode": "[0-7]{6}", "id": COMMIT[0]}, None)
CHANGED = {"before": (str, None), "after": (str, None)}
CHANGES = [{"path": str, "before": MODE, "after": MODE}]
FACTS = {
    "source": {"kind": "staged|since|tree", "base": COMMIT, "commit": COMMIT, "target": COMMIT}, "paths": [str],
    "trust": {"files": [str], "from": "file|commit|base", "commit": COMMIT, "base": ENTRY, "target": ENTRY, "waivers": (str, None)},
    "schemas": [str], "gone": [{"folder": str, "there": [{"path": str, "mode": "[0-7]{6}"}], "entries": int, "covered": bool}],
    "trust_files": [{"path": str, "before": (str, None), "after": (str, None)}],
    "governance": [{"folder": str, "trust": CHANGED, "policy": CHANGED, "waivers": CHANGED}],
    "links": [{"path": str, "targets": [str], "end": MODE}], "submodules": [str],
    "removed": [{"folder": str, "id?": str, "version?": str, "movedTo?": str}]}
FOLDER, LINK, SUBMODULE = "040000", "120000", "160000"
DOCUMENTS = ("manifest.json", "receipt.stunir.json")
COMMITS = {"staged": (None, False, False), "since": (True, True, True), "tree": (False, True, False)}  # None: with or without

def prepare(proof, capsules, past):
    """Refuses facts that contradict each other, and gives each capsule the checks about its history."""
    git, before = proof["git"], {capsule.folder: capsule for capsule in past}
    source, trust = git["source"], git["trust"]
    files = [entry[name][side] for entry in git["governance"] for name in ("trust", "policy", "waivers") for side in ("before", "after")]
    demand(all(text is None or unbase64(text) is not None for text in [trust["waivers"], *files]), "files in broken base64")
    schemas = [unbase64(text) for text in git["schemas"]]
    for name, wanted in zip(("base", "commit", "target"), COMMITS[source["kind"]]):
        demand(wanted in (None, source[name] is not None), "commits that are not of this kind")
    demand(trust["commit"] == {"base": source["base"], "commit": trust["commit"], "file": None}[trust["from"]], "trust from elsewhere")
    demand(trust["from"] != "commit" or trust["commit"], "trust from no commit")
    demand(len(before) == len(past) and all(each["folder"] in before for each in git["gone"]), "a past twice, or none of what is gone")
    demand({*before} <= {capsule.folder for capsule in capsules} | {each["folder"] for each in git["gone"]}, "a past of what is told nothing more of")
    changed = [entry["changes"] for entry in proof["capsules"]]
    if source["kind"] == "tree":
        demand(capsules and not any([past, git["gone"], git["trust_files"], git["governance"], schemas, *changed]), "a tree with changes, or without capsules")
        return
    gone = [each["folder"] for each in git["gone"]]
    for capsule, changes in zip(capsules, changed):
        contradict(capsule, before.get(capsule.folder), {each["path"]: each for each in changes}, changes, gone)
        here = [before[folder] for folder in (capsule.folder, *gone) if folder in before]
        capsule.checks.update(history(changes, here, schemas, source["target"] is not None))

def contradict(capsule, past, changes, listed, gone):
    """Refuses changes that cannot have made a capsule what it is, as far as its files show."""
    demand(len(changes) == len(listed), "a path that changes twice")
    if past and not past.problems and not capsule.problems:
        was, now = contents(past), contents(capsule)
        for path in {*was, *now}:
            told, (old, new) = changes.get(path), (was.get(path, (None, None)), now.get(path, (None, None)))
            demand((told is None) == (old == new), "a path that changes untold, or does not change")
            demand(not told or "" in (old[0], new[0]) or (told["before"], told["after"]) == (old[0], new[0]), "other modes")
    if not past and not any(outer == "." or capsule.folder.startswith(outer + "/") for outer in gone):
        for path in DOCUMENTS:
            demand(changes[path]["before"] is None if path in changes else path not in capsule.documents, "a past that is not told")

def contents(capsule):
    """Mode and digest of each file; the receipt is in no list of files, and its mode is not known."""
    found = {file["path"]: (file["mode"], file["sha256"]) for file in capsule.files}
    receipt = capsule.documents.get(DOCUMENTS[1])
    return found if receipt is None else {**found, DOCUMENTS[1]: ("", digest(receipt))}

def history(changes, past, schemas, published):
    def before(capsule):
        return next((each for each in past if each.id == capsule.id), None)

    def paths(capsule):
        pairs = [(each["path"], each["before"], each["after"]) for each in changes]
        swapped = any(old and new and old != new and new in (LINK, SUBMODULE) for _, old, new in pairs)
        lost = any(path in DOCUMENTS and old and not new for path, old, new in pairs)
        return not swapped and not lost and ("warn" if any(old and new and old != new for _, old, new in pairs) else True)

    def version(capsule):
        old, number = before(capsule), lambda each: [int(part) for part in each.version.split(".")]
        return not old or old.results["receipt.tree"] != "pass" or number(capsule) >= number(old)

    def content(capsule):
        old = before(capsule)
        same = not old or not old.admitted or old.version != capsule.version or old.tree == capsule.tree
        return same or (not published and "warn")

    def topics(capsule):
        old = before(capsule)
        good = not old or old.results["receipt.tree"] != "pass" or still_serves(old, capsule, schemas)
        return good or (not published and "warn")

    def signers(capsule):
        return not before(capsule) or {*before(capsule).names()} <= {*capsule.names()} or "warn"

    return {"history.changes": ((), paths), "history.version": (("manifest.schema",), version),
            "history.content": (("manifest.schema", "receipt.tree"), content),
            "history.topics": (("manifest.schema", "receipt.tree", "authority"), topics),
            "history.signers": (("manifest.schema", "receipt.signatures"), signers)}

def decide(proof, capsules, past):
    """The results of the checks about the change as a whole, and which capsules went where."""
    git, before = proof["git"], {capsule.folder: capsule for capsule in past}
    gone = [each["folder"] for each in git["gone"]]
    links = [link for link in git["links"] if not any(f"{folder}/".startswith(link["path"] + "/") for folder in gone)]
    results = {
        "change.trust": not outdated(git) and all(continues(file, proof["time"]) for file in git["trust_files"]),
        "change.policy": all(map(fits_root, git["governance"])),
        "change.waivers": not taken_back(proof) and all(vouched_for(each, proof["time"]) for each in git["governance"]),
        "change.removed": all(map(whole, git["gone"])),
        "change.links": all(map(leads_to_file, links)) and ("warn" if git["submodules"] else True)}
    replaced = [before[each.folder] for each in capsules if each.folder in before and each.id and before[each.folder].id not in (None, each.id)]
    removed = [described(each, capsules) for each in [*(before[folder] for folder in gone), *replaced]]
    return {check: found if found == "warn" else "pass" if found else "fail" for check, found in results.items()}, removed

def outdated(git):
    source, trust = git["source"], git["trust"]
    return trust["from"] == "base" and source["base"] and source["target"] and trust["base"] != trust["target"]

def continues(file, time):
    """A trust file may only become a trust root that holds the one before as it was, and is in force."""
    try:
        old, new = (parse(unbase64(file[name])) for name in ("before", "after"))
        versions, last = versions_of(new), versions_of(old)[-1]["signed"]
        return root_holds(new, time) and digest(canonical(versions[last["version"] - 1]["signed"])) == digest(canonical(last))
    except UNREADABLE:
        return False

def root_of(text):
    """A trust root by its bytes; None for no file, and for a list of keys."""
    found = text and parse(unbase64(text))
    return found if found and "signed" in found and versions_of(found) else None

def fits_root(entry):
    """A policy may only change together with the trust root that pins it."""
    changed = {name: entry[name]["before"] != entry[name]["after"] for name in ("trust", "policy")}
    try:
        root, text = root_of(entry["trust"]["after"]), entry["policy"]["after"]
        same = (root and root["signed"].get("policy")) == (digest(canonical(parse(unbase64(text)))) if text is not None else None)
        return not any(changed.values()) or same and (root is not None or not changed["policy"])
    except UNREADABLE:
        return not any(changed.values())

def former(text):
    try:
        return check_waivers(parse(unbase64(text))) if text is not None else []
    except UNREADABLE:
        return []

def vouched_for(entry, time):
    """Those who could waive before the change must have signed each waiver that it adds or edits."""
    before, after = (entry["waivers"][name] for name in ("before", "after"))
    try:
        if before == after or after is None:
            return True
        known = former(before)
        added = [each for each in check_waivers(parse(unbase64(after))) if each not in known]
        root = root_of(entry["trust"]["before"])
        trust = {"problems": [], "holds": root is not None and root_holds(root, time)}
        scopes = [each["waiver"].get("capsule", each["waiver"].get("namespace")) for each in added]
        return all(counts(each, SimpleNamespace(root=root, trust=trust, id=scope), time) for each, scope in zip(added, scopes))
    except UNREADABLE:
        return False

def taken_back(proof):
    """A waiver of the base must still be there where the change is to be merged into."""
    source, trust, waivers = proof["git"]["source"], proof["git"]["trust"], proof["waivers"]
    if trust["from"] != "base" or not source["base"] or not source["target"] or not waivers:
        return False
    return any(each not in former(trust["waivers"]) for each in waivers["document"]["waivers"])

def whole(gone):
    """A capsule goes with all of its files, and neither a link nor a submodule takes its place."""
    left = any(each["path"] == gone["folder"] and each["mode"] == FOLDER for each in gone["there"])
    return not any(each["mode"] in (LINK, SUBMODULE) for each in gone["there"]) and (not left or gone["covered"])

def leads_to_file(link):
    """Follows a link by its text; it may not leave the repository."""
    parts = link["path"].split("/")
    for target in link["targets"]:
        parts = parts[:-1]
        for part in [None] if target.startswith("/") else target.split("/"):
            if part is None or part == ".." and not parts:
                return False
            parts = parts[:-1] if part == ".." else parts if part in ("", ".") else [*parts, part]
    return link["end"] not in (None, FOLDER, LINK)

def described(capsule, now):
    moved = next((each.folder for each in now if each.id is not None and each.id == capsule.id), None)
    known = {"id": capsule.id, "version": capsule.version} if capsule.id else {}
    return {"folder": capsule.folder, **known, **({"movedTo": moved} if moved else {})}
