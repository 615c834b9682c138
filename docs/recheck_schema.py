"""Which changes of the schemas of topics are compatible (docs/bus.md), for recheck_git.py.

Whether every value that one JSON Schema takes is taken by another is proven or not: what cannot be told is a no. Both sides of a change
must come to the same answer, limits included, so what is looked at is all looked at where vnes does, and no further where it does not.
"""
import re
from recheck_trust import UNREADABLE, digest
from recheck_value import (ABSENT, ASSERTIONS, Place, Untried, comparable, conjunction, disjoint, kinds_of, load, matches, obeys, referred, same,
                           smallest, text_of)

LARGEST, MOST_STEPS, MOST_PLACES, MOST_VALUES = 4 * 2**20, 1_000, 256, 64
ANNOTATIONS = {"$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
               "format", "contentEncoding", "contentMediaType", "contentSchema"}
GROUPS = (("not",), ("if", "then", "else"), ("contains", "minContains", "maxContains"), ("propertyNames",), ("dependentSchemas",))
SHARED = {"properties": "members", "patternProperties": "members", "additionalProperties": "members", "prefixItems": "items", "items": "items"}

# Parts of a value: what the narrow schema says of each, and what the wide one asks.

def or_anything(schemas):
    return [each for schema in schemas for each in conjunction(schema)] if schemas else [Place(True, "", True)]

def of_name(places, name):
    found = []
    for place in places:
        here = [place.named("properties")[name]] if name in place.named("properties") else []
        here += [schema for pattern, schema in place.named("patternProperties").items() if matches(name, pattern)]
        rest = place.within("additionalProperties")
        found += here or ([rest] if rest else [])
    return or_anything(found)

def unnamed(places, wanted):
    by_pattern = [conjunction(schema) for place in places for pattern, schema in place.named("patternProperties").items() if wanted(pattern)]
    return [*by_pattern, or_anything([rest for rest in (place.within("additionalProperties") for place in places) if rest])]

def members(places, wide):
    names, patterns, rest = wide.named("properties"), wide.named("patternProperties"), wide.within("additionalProperties")
    here = list(dict.fromkeys(name for place in places for name in place.named("properties")))
    others = [name for name in here if name not in names and not any(matches(name, pattern) for pattern in patterns)]
    parts = [(of_name(places, name), schema) for name, schema in names.items()]
    for pattern, schema in patterns.items():
        alike = [place.named("patternProperties")[pattern] for place in places if pattern in place.named("patternProperties")]
        found = [conjunction(alike[0])] if alike else [
            *(of_name(places, name) for name in here if matches(name, pattern)), *unnamed(places, lambda each: True)]
        parts += [(each, schema) for each in found]
    if rest:
        parts += [(of_name(places, name), rest) for name in others]
        parts += [(each, rest) for each in unnamed(places, lambda pattern: pattern not in patterns)]
    return parts

def items(places, wide):
    def at(index):
        listed = [place.listed("prefixItems") for place in places]
        found = [each[index] if index < len(each) else place.within("items") for each, place in zip(listed, places)]
        return or_anything([each for each in found if each])

    prefix, rest, longest = wide.listed("prefixItems"), wide.within("items"), smallest(places, "maxItems")
    known, parts, index = max(len(prefix), *(len(place.listed("prefixItems")) for place in places)), [], 0
    while index < min(known, longest):
        asked = prefix[index] if index < len(prefix) else rest
        parts += [(at(index), asked)] if asked else []
        index += 1
    return parts + ([(at(known), rest)] if rest and longest > known else [])

# Cases that a conjunction falls into.

def without(places, place, name, which, instead):
    kept = {key: value for key, value in place.schema.items() if key != name}
    changed = Place({**kept, **instead}, f"{place.pointer}?{which}", place.root)
    return [changed if each is place else each for each in places]

def branches(name):
    def cases(places):
        place = next((each for each in places if each.get(name) is not ABSENT), None)
        return place and [without(places, place, name, branch.pointer, {}) + conjunction(branch) for branch in place.listed(name)]
    return cases

def one_by_one(name, single):
    def cases(places):
        place = next((each for each in places if type(each.get(name)) is list), None)
        if not place or len(place.get(name)) > MOST_VALUES:
            return None
        return [without(places, place, name, f"{name}[{index}]", {single: value}) for index, value in enumerate(place.get(name))]
    return cases

CASES = (branches("anyOf"), branches("oneOf"), one_by_one("type", "type"), one_by_one("enum", "const"))

def alike(one, two):
    if one is ABSENT or two is ABSENT:
        return one is two
    text = text_of(one)
    return text == text_of(two) and not re.search(r'"\$(?:ref|dynamicRef)"', text)

class Comparison:
    def __init__(self):
        self.open, self.depth, self.steps = {}, 0, 0

    def implied(self, places, wide):
        if wide.schema is True or any(place.schema is False for place in places) or any(alike(place.schema, wide.schema) for place in places):
            return True
        if wide.schema is False:
            return False
        pair = "|".join(place.pointer for place in places) + " " + wide.pointer
        if pair in self.open:
            return self.open[pair] < self.depth
        self.steps += 1
        if self.steps > MOST_STEPS or len(places) > MOST_PLACES:
            return False
        self.open[pair] = self.depth
        names = dict.fromkeys(SHARED.get(name, name) for name in wide.schema)
        proven = all([self.keyword(name, places, wide) for name in names]) or self.in_every_case(places, wide)
        del self.open[pair]
        return proven

    def in_every_case(self, places, wide):
        for cases in CASES:
            found = cases(places)
            if found is not None and all(self.implied(each, wide) for each in found):
                return True
        return False

    def below(self, pairs):
        self.depth += 1
        proven = all([self.implied(places, wide) for places, wide in pairs])
        self.depth -= 1
        return proven

    def keyword(self, name, places, wide):
        if name in ANNOTATIONS:
            return True
        if name == "$ref":
            target = referred(wide)
            return target is not None and self.implied(places, target)
        if name == "allOf":
            return all([self.implied(places, branch) for branch in wide.listed(name)])
        if name == "anyOf":
            return any(self.implied(places, branch) for branch in wide.listed(name))
        if name == "oneOf":
            return any(self.implied(places, branch) and all(other.pointer == branch.pointer or disjoint(places, conjunction(other))
                                                            for other in wide.listed(name)) for branch in wide.listed(name))
        if name == "members":
            return "object" not in kinds_of(places) or self.below(members(places, wide))
        if name == "items":
            return "array" not in kinds_of(places) or self.below(items(places, wide))
        if name in ASSERTIONS:
            return obeys(name, wide.get(name), places)
        group = next((names for names in GROUPS if name in names), None)
        return group is not None and any(all(alike(place.get(each), wide.get(each)) for each in group) for place in places)

def follows(narrow, wide):
    """Whether every value that one schema takes is proven to be taken by another."""
    try:
        return same(narrow, wide) or Comparison().implied(conjunction(Place(narrow, "", narrow)), Place(wide, "", wide))
    except Untried:
        return False

# Topics.

def declared(capsule, role):
    """By topic, the schemas of each declaration that has some, as (path, file)."""
    files, topics = {file["path"]: file for file in capsule.files}, {}
    for use in capsule.found.get("interfaces", {}).get("bus", {}).get(role, []):
        paths = use.get("schema", [])
        named = [(path, files.get(path)) for path in (paths if type(paths) is list else [paths])]
        topics.setdefault(use["topic"], []).extend([named] if named else [])
    return topics

def read(declarations, schemas):
    """The schemas themselves; False where one was not gathered, None where one is of no use to anybody."""
    named = [each for declaration in declarations for each in declaration]
    if any(file and file["size"] <= LARGEST and file["sha256"] not in schemas for _, file in named):
        return False
    found = []
    for declaration in declarations:
        try:
            found.append([load(schemas[file["sha256"]]) for _, file in declaration])
        except UNREADABLE:
            return None
    return (found or [[True]]) if all(comparable(each) for declaration in found for each in declaration) else None

def fits(narrow, wide):
    """Each declaration of the wide side follows from one of the narrow ones, of which a payload obeys all."""
    return all(any(all(any(follows(one, other) for other in each) for one in declaration) for declaration in narrow) for each in wide)

def still_serves(before, now, schemas):
    """Whether who relied on a topic of a capsule can do so still."""
    schemas = {digest(data): data for data in schemas}
    for role in ("publishes", "subscribes"):
        was, serves = declared(before, role), declared(now, role)
        for topic in serves.keys() & was.keys():
            text = [[[file["sha256"] if file else path for path, file in each] for each in side[topic]] for side in (was, serves)]
            if text[0] == text[1]:
                continue
            old, new = read(was[topic], schemas), read(serves[topic], schemas)
            if old is False or new is False or old is not None and (new is None or not (
                    fits(new, old) if role == "publishes" else fits(old, new))):
                return False
    return True
