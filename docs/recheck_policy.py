"""What a policy asks of a capsule and what waivers let pass (docs/policy.md); for recheck.py."""
from recheck_cel import Double, Wrong, evaluate
from recheck_trust import DIGEST, KEY, NAME, SPACE, canonical, covers, demand, digest, fits, good_time, key_of, tally, unbase64, verifies

TIERS = ("D0_bit_exact", "D1_numerically_stable", "D2_soft_deterministic", "NX_experimental")
LEVELS = ("none", "low", "standard", "elevated", "critical")
ZONES = ("system", "tenant", "session", "ephemeral")
CEILINGS = (("hypersync.contrib.", "tenant"), ("tenant.", "tenant"), ("user.", "session"), ("", "system"))
ROLES = ("build", "deploy", "review", "waive")
WAIVER_TYPE, WAIVABLE = "application/vnd.stunir.vnes-waiver+json", ("trust.deploy", "claims.determinism")

RULE = {"id": NAME, "why": "(?s).{1,1000}", "scopes": [{"namespace": r"\*|" + SPACE, "level": "audit|warn|enforce"}], "expression?": "(?s).{1,2000}",
        "waivable?": bool, "demand?": {
            "tiers?": ["core|platform|extension|experimental|local"], "audit_level?": "|".join(LEVELS), "determinism?": "|".join(TIERS),
            "zones?": ["|".join(ZONES)], "types?": ["logic|pipeline|resource|policy|driver|ui|dataset|test"], "owners?": [str], "languages?": [str],
            "sandbox_classes?": [str], "reviewed_by?": bool, "reviewers?": {"min": int, "independent?": bool}, "signers?": {"build?": int, "deploy?": int}}}
WAIVER = {"id": NAME, "check": "[a-z][a-z0-9_-]*([./][a-z0-9][a-z0-9_-]*)*", "capsule?": r"[a-z0-9_]+(\.[a-z0-9_]+)+", "namespace?": r"[a-z0-9_.]+\.\*",
          "capsule_version?": r"[0-9]+\.[0-9]+\.[0-9]+", "tree?": DIGEST, "reason": "(?s).+", "owner": "(?s).+", "expires": str}
WAIVERS = {"version": int, "waivers": [{"waiver": WAIVER, "signatures": [{"public_key": KEY, "sig": "[A-Za-z0-9+/]{86}=="}]}]}

def once(values):
    return len({*values}) == len(values)

def prepare(proof):
    """The rules and the waivers of a proof; None without a policy. One that counts is the one that the trust root pins."""
    policy, waivers, root = proof["policy"], proof["waivers"], proof["trust"]["root"]
    pinned = root and root["document"]["signed"].get("policy")
    demand(policy or not pinned, "a trust root that pins a policy, and none is stated")
    if policy:
        document = policy["document"]
        demand((document is None) == bool(policy["problems"]), "a policy that counts in spite of problems, or does not without any")
        demand((policy["source"] == "unpinned") == (not pinned and document is None), "a policy that nobody vouches for")
        demand(policy["source"] != "root" or document is None or digest(canonical(document)) == pinned, "another policy than the pinned one")
        rules = check_rules(document) if document else []
    return rules if policy else None, check_waivers(waivers["document"]) if waivers else []

def check_rules(document):
    demand(fits(document, {"version": int, "rules": [RULE]}) and document["version"] == 1 and document["rules"], "no policy")
    demand(once([rule["id"] for rule in document["rules"]]), "a rule twice")
    for rule in document["rules"]:
        wanted = rule.get("demand", {})
        demand(rule["scopes"] and once([scope["namespace"] for scope in rule["scopes"]]), "no scope, or one twice")
        demand(wanted or "demand" not in rule and "expression" in rule, "a rule that asks for nothing")
        demand(all(each and once(each) and "" not in each for each in wanted.values() if type(each) is list), "a demand that nothing meets")
        demand(wanted.get("reviewed_by", True) and wanted.get("reviewers", {"min": 1})["min"] > 0, "a demand of nobody")
        demand("signers" not in wanted or wanted["signers"] and min(wanted["signers"].values()) > 0, "a demand of nobody")
    return document["rules"]

def check_waivers(document):
    demand(fits(document, WAIVERS) and document["version"] == 1, "no waivers")
    demand(once([entry["waiver"]["id"] for entry in document["waivers"]]), "a waiver twice")
    for entry in document["waivers"]:
        keys = [each["public_key"] for each in entry["signatures"]]
        demand(keys and once(keys) and all(map(key_of, keys)), "no signature, or two by one key")
        demand(("capsule" in entry["waiver"]) != ("namespace" in entry["waiver"]) and good_time(entry["waiver"]["expires"]), "an odd waiver")
    return document["waivers"]

def rules_for(rules, capsule):
    """The result of each rule that covers a capsule, by the level of its most specific scope."""
    results = {}
    for rule in rules:
        scopes = [each for each in rule["scopes"] if each["namespace"] == "*" or covers(each["namespace"], capsule.id)]
        if scopes:
            level = max(scopes, key=lambda each: (each["namespace"] != "*", not each["namespace"].endswith("*"), len(each["namespace"])))["level"]
            met = level == "audit" or all(DEMANDS[name](wanted, capsule) for name, wanted in rule.get("demand", {}).items()) and holds(rule, capsule)
            results["policy/" + rule["id"]] = "pass" if met else {"warn": "warn", "enforce": "fail"}[level]
    return results

def holds(rule, capsule):
    try:
        return "expression" not in rule or evaluate(rule["expression"], facts_of(capsule))
    except Wrong:
        return False

def at(manifest, part, name, default=None):
    return manifest.get(part, {}).get(name, default)

def words(value):
    return [value] if isinstance(value, str) else value

def zone_of(manifest):
    ceiling = next(zone for prefix, zone in CEILINGS if manifest["id"].startswith(prefix))
    return max(at(manifest, "security", "trust_zone", "ephemeral"), ceiling, key=ZONES.index)

def counted(capsule, role, least):
    """How many are needed in a role, and the principals who signed in it; a role that nobody has is never met."""
    threshold, names = tally(capsule.root["signed"], role, capsule.id, capsule.signers) if capsule.root else (None, [])
    return (float("inf") if threshold is None else max(threshold, least)), names

def reviewed(wanted, capsule):
    """Independent reviewers are others than the builders that are needed: who is both stands in for one of the two."""
    needed, reviewers = counted(capsule, "review", wanted["min"])
    builders_needed, builders = counted(capsule, "build", 1)
    both = len({*reviewers} & {*builders})
    builders_needed = 1 if builders_needed == float("inf") else builders_needed
    short = max(0, builders_needed - (len(builders) - both)) + max(0, needed - (len(reviewers) - both)) - both
    return len(reviewers) >= needed and (not wanted.get("independent") or short <= 0)

DEMANDS = {  # what is asked, and the capsule
    "tiers": lambda wanted, capsule: capsule.found["governance"]["tier"] in wanted,
    "types": lambda wanted, capsule: capsule.found["type"] in wanted,
    "zones": lambda wanted, capsule: zone_of(capsule.found) in wanted,
    "owners": lambda wanted, capsule: at(capsule.found, "governance", "owner") in wanted,
    "languages": lambda wanted, capsule: at(capsule.found, "runtime", "language") in wanted,
    "sandbox_classes": lambda wanted, capsule: at(capsule.found, "security", "sandbox_class") in wanted,
    "audit_level": lambda wanted, capsule: LEVELS.index(capsule.found["governance"]["audit_level"]) >= LEVELS.index(wanted),
    "determinism": lambda wanted, capsule: TIERS.index(capsule.tier) <= TIERS.index(wanted),
    "reviewed_by": lambda wanted, capsule: any(name.strip() for name in words(at(capsule.found, "governance", "reviewed_by", []))),
    "reviewers": reviewed,
    "signers": lambda wanted, capsule: all(len(counted(capsule, role, least)[1]) >= counted(capsule, role, least)[0]
                                           for role, least in wanted.items())}

def facts_of(capsule):
    """What an expression can see."""
    manifest, predicate = capsule.found, capsule.predicate
    bus = at(manifest, "interfaces", "bus", {})
    return {
        "capsule": {
            "id": capsule.id, "version": capsule.version, "type": manifest["type"], "description": manifest["description"],
            "namespace": capsule.id.rpartition(".")[0], "tags": manifest.get("tags", []), "tier": manifest["governance"]["tier"],
            "audit_level": manifest["governance"]["audit_level"], "owner": at(manifest, "governance", "owner", ""),
            "reviewed_by": words(at(manifest, "governance", "reviewed_by", [])), "determinism": capsule.tier, "zone": zone_of(manifest),
            "provides": manifest["capabilities"]["provides"], "requires": manifest["capabilities"].get("requires", []),
            "language": at(manifest, "runtime", "language", ""), "gpu": at(manifest, "runtime", "requires_gpu", False),
            "sandbox_class": at(manifest, "security", "sandbox_class", ""), "interfaces": [*manifest.get("interfaces", {})],
            "subscribes": [each["topic"] for each in bus.get("subscribes", [])], "publishes": [each["topic"] for each in bus.get("publishes", [])],
            "derived_from": words(at(manifest, "lineage", "derived_from", [])), "supersedes": words(at(manifest, "lineage", "supersedes", []))},
        "manifest": as_json(manifest),
        "signers": [{"name": name, "roles": [role for role in ROLES if name in in_role(capsule, role)]} for name in capsule.names()],
        "files": [{"path": file["path"], "size": file["size"], "mode": file["mode"]} for file in capsule.files],
        "receipt": {"toolchain": [{"tool": each["tool"], "version": each["version"]} for each in predicate["toolchain"]],
                    "transformations": [{"step": each["step"], "tool": each["tool"]} for each in predicate["transformations"]],
                    "audit": audit_of(predicate.get("audit", {}))}}

def audit_of(audit):
    return {"verdict": audit.get("verdict", "none"), "runs": audit.get("runs", 0), "no_matter": audit.get("no_matter", []),
            "depends_on": audit.get("depends_on", [])}

def in_role(capsule, role):
    if capsule.root:
        return tally(capsule.root["signed"], role, capsule.id, capsule.signers)[1]
    return [entry["name"] for entry in capsule.trust["keys"] if role == "build" and entry["public_key"] in capsule.signers
            and any(covers(pattern, capsule.id) for pattern in entry["namespaces"])]

def as_json(value):
    """Numbers as doubles, which is what CEL takes JSON's for."""
    if type(value) in (int, float):
        return Double(value)
    if type(value) is list:
        return [as_json(each) for each in value]
    return {name: as_json(each) for name, each in value.items()} if type(value) is dict else value

def weigh(capsule, waivers, time, rules):
    """What failed and may be waived, and is: by check, or by rule. Nothing is waived of a capsule that fails anything else."""
    waivable = {*WAIVABLE, *("policy/" + rule["id"] for rule in rules or [] if rule.get("waivable"))}
    own = {check: "pass" if check == "policy.rules" and capsule.parts else result for check, result in capsule.results.items()}
    if capsule.id is None or any(result == "blocked" or result == "fail" and check not in waivable for check, result in own.items()):
        return {}
    failed = [check for check, result in {**own, **capsule.parts}.items() if result == "fail" and check in waivable]
    found = {check: [use for entry in waivers if about(entry["waiver"], check, capsule) for use in [counts(entry, capsule, time)] if use]
             for check in failed}
    return {check: uses[0] for check, uses in found.items() if uses}

def about(waiver, check, capsule):
    named = waiver["capsule"] == capsule.id if "capsule" in waiver else covers(waiver["namespace"], capsule.id)
    return (named and waiver["check"] == check and waiver.get("capsule_version", capsule.version) == capsule.version
            and waiver.get("tree", capsule.tree) == capsule.tree)

def counts(entry, capsule, time):
    """A waiver as verdicts state its use, if it is in force and signed by as many as the trust root asks for; each signature must hold."""
    waiver = entry["waiver"]
    if not capsule.root or capsule.trust["problems"] or not capsule.trust["holds"] or time >= waiver["expires"]:
        return None
    if not all(verifies(key_of(each["public_key"]), WAIVER_TYPE, canonical(waiver), unbase64(each["sig"])) for each in entry["signatures"]):
        return None
    threshold, by = tally(capsule.root["signed"], "waive", capsule.id, [each["public_key"] for each in entry["signatures"]])
    return {**{name: waiver[name] for name in ("id", "reason", "owner", "expires")}, "by": by} if threshold and len(by) >= threshold else None
