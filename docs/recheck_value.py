"""What a JSON Schema says of values, as vnes reads it: documents, patterns, schemas that can be compared, and what is known of the
values of several at once; for recheck_schema.py.
"""
import json, re, sys, urllib.parse
from decimal import Decimal
from recheck_cel import Undecided
from recheck_trust import demand

sys.setrecursionlimit(20_000)
KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")
ABSENT = object()

# Documents.

def number(text):
    """A number that a double holds exactly; of others vnes knows better than this program."""
    value = float(text)
    if text == "-0" or abs(value) > 2**53 or Decimal(repr(value)) != Decimal(text):
        raise Undecided("a number that may not be kept exactly")
    return int(value) if value == int(value) else value

def load(data):
    """A document as strictly as vnes reads it."""
    def members(pairs):
        demand(len({key for key, _ in pairs}) == len(pairs) and "__proto__" not in dict(pairs), "a key twice, or none that may be")
        return dict(pairs)
    value = json.loads(data.decode("utf-8"), object_pairs_hook=members, parse_int=number, parse_float=number,
                       parse_constant=lambda text: demand(False, text))
    demand(depth(value) <= 64 and not re.search("[\ud800-\udfff]", text_of(value)), "too deep, or half a character")
    return value

def depth(value):
    inner = value.values() if type(value) is dict else value if type(value) is list else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)

def text_of(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

def same(one, two):
    return text_of(one) == text_of(two)

# Patterns.

TOKEN = re.compile(r"""(?P<unit>(?:[^\\^$.*+?()\[\]{}|]|\\[.\\/^$*+?()\[\]{}|dDwW]|\.|
    \[\^?(?:[^\\\[\]^-]|\\[.\\/^$*+?()\[\]{}|dDwW-])(?:[^\\\[\]^-]|-(?=[^\]])|\\[.\\/^$*+?()\[\]{}|dDwW-])*\]))|
    (?P<open>\((?:\?:)?)|(?P<close>\))|(?P<times>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)|(?P<other>[\^$|])""", re.X | re.S)

def compiled(pattern):
    """A pattern of ECMAScript as Python has it, if it is of what both read alike."""
    at, last, words = 0, "other", []
    while at < len(pattern):
        found = TOKEN.match(pattern, at)
        if not found or found.lastgroup == "times" and last not in ("unit", "close"):
            raise Undecided("a pattern that is not tried here")
        last, word, at = found.lastgroup, found.group(), found.end()
        words.append({"$": r"\Z", ".": "[^\n\r\u2028\u2029]"}.get(word, word))
    try:
        return re.compile("".join(words), re.A)
    except re.error:
        raise Undecided("a pattern that Python cannot read") from None

class Untried(Exception):
    pass

def matches(text, pattern):
    """Tried only where that comes to an end soon."""
    bare = re.sub(r"\[[^\]]*\]", "x", re.sub(r"\\.", "x", pattern)).replace("(?:", "(")
    inside = bare[bare.find("(") + 1:max(bare.rfind(")"), 0)]
    twice = re.search(r"\)[*+{]", bare) and re.search(r"[*+?|{]", inside)
    often = len(re.findall(r"[*+]|\{[0-9]+,[0-9]*\}", bare)) > 3 or bare.count("?") > 8
    if len(text.encode("utf-16-le")) > 2_000 or twice or often:
        raise Untried
    return compiled(pattern).search(text) is not None

# Schemas that can be compared.

def listing(shape):
    return lambda value: type(value) is list and all(map(shape, value))

def mapping(shape):
    return lambda value: type(value) is dict and all(map(shape, value.values()))

is_text, is_number = lambda value: type(value) is str, lambda value: type(value) in (int, float)
NAMED = {"$defs", "properties", "patternProperties"}
SHAPES = {
    "$ref": lambda value: is_text(value) and decoded(value) is not None, "type": lambda value: is_text(value) or listing(is_text)(value),
    "enum": listing(lambda value: True), "uniqueItems": lambda value: type(value) is bool, "required": listing(is_text),
    "dependentRequired": mapping(listing(is_text)), "pattern": lambda value: is_text(value) and compiled(value),
    "additionalProperties": lambda value: True, "items": lambda value: True, **{name: lambda value: type(value) is dict for name in NAMED},
    **{name: lambda value: type(value) is list and value for name in ("allOf", "anyOf", "oneOf", "prefixItems")},
    **{name: is_number for name in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
                                    "minItems", "maxItems", "minProperties", "maxProperties")}}

def comparable(root):
    """Whether a document is a schema of which a comparison can make sense, with all that it refers to."""
    open_, seen = [root], set()
    while open_:
        schema = open_.pop()
        if type(schema) is bool or id(schema) in seen:
            continue
        if type(schema) is not dict or not all(SHAPES[name](value) for name, value in schema.items() if name in SHAPES):
            return False
        seen.add(id(schema))
        for name in NAMED & schema.keys():
            open_ += schema[name].values()
            if name == "patternProperties":
                any(map(compiled, schema[name]))
        open_ += [schema[name] for name in ("additionalProperties", "items") if name in schema]
        open_ += [each for name in ("allOf", "anyOf", "oneOf", "prefixItems") for each in schema.get(name, ())]
        target = referred(Place(schema, "", root))
        open_ += [target.schema] if target else []
    return True

class Place:
    """A schema with its place in its document."""
    def __init__(self, schema, pointer, root):
        self.schema, self.pointer, self.root = schema, pointer, root

    def get(self, name):
        return self.schema.get(name, ABSENT) if type(self.schema) is dict else ABSENT

    def within(self, *parts):
        schema = self.schema
        for part in parts:
            schema = member(schema, str(part))
        pointer = self.pointer + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
        return Place(schema, pointer, self.root) if type(schema) in (bool, dict) else None

    def listed(self, name):
        found = self.get(name)
        return [self.within(name, index) for index in range(len(found))] if type(found) is list else []

    def named(self, name):
        found = self.get(name)
        return {each: self.within(name, each) for each in found} if type(found) is dict else {}

def member(value, name):
    if type(value) is dict:
        return value.get(name, ABSENT)
    return value[int(name)] if type(value) is list and re.fullmatch("0|[1-9][0-9]*", name) and int(name) < len(value) else ABSENT

def holds_id(value):
    inner = value.values() if type(value) is dict else value if type(value) is list else ()
    return type(value) is dict and "$id" in value or any(map(holds_id, inner))

def decoded(reference):
    """A fragment without its escapes; None for broken ones."""
    if re.search("%(?![0-9A-Fa-f]{2})", reference):
        return None
    try:
        return urllib.parse.unquote(reference, errors="strict")
    except UnicodeDecodeError:
        return None

def referred(place):
    reference = place.get("$ref")
    if type(reference) is not str or not re.match(r"#(?:/|\Z)", reference) or type(place.root) is dict and any(map(holds_id, place.root.values())):
        return None
    parts = [part.replace("~1", "/").replace("~0", "~") for part in decoded(reference[1:]).split("/")[1:]]
    return Place(place.root, "", place.root).within(*parts)

def conjunction(place, seen=None):
    """What a value must obey by a schema: that, what it refers to, and the branches of its `allOf`."""
    seen = set() if seen is None else seen
    if place.pointer in seen:
        return []
    seen.add(place.pointer)
    target = referred(place)
    return [place, *(conjunction(target, seen) if target else ()), *(each for branch in place.listed("allOf") for each in conjunction(branch, seen))]

# What is known of the values of a conjunction.

def kind_of(value):
    return {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}[type(value)]

def kinds_named(names):
    names = names if type(names) is list else [names]
    return {*names, "integer"} if "number" in names else {*names}

def stated(places, name):
    return [found for found in (place.get(name) for place in places) if found is not ABSENT]

def all_listed(places):
    for place in places:
        if place.get("const") is not ABSENT:
            return [place.get("const")]
        if type(place.get("enum")) is list:
            return place.get("enum")
    return None

def kinds_of(places):
    values = all_listed(places)
    kinds = {*KINDS} if values is None else {*map(kind_of, values)}
    for names in stated(places, "type"):
        kinds &= kinds_named(names)
    return kinds

def values_of(places):
    kinds, values = kinds_of(places), all_listed(places)
    if values is not None:
        return [value for value in values if kind_of(value) in kinds]
    if kinds - {"null", "boolean"}:
        return None
    return [None] * ("null" in kinds) + [True, False] * ("boolean" in kinds)

def largest(places, *names):
    return max([float("-inf"), *(each for name in names for each in stated(places, name))])

def smallest(places, *names):
    return min([float("inf"), *(each for name in names for each in stated(places, name))])

def required(places):
    return {name for names in stated(places, "required") for name in names}

def required_with(places, name):
    return {other for each in stated(places, "dependentRequired") for other in each.get(name, ())}

def is_multiple(value, limit):
    return type(value) is int and type(limit) is int and max(abs(value), abs(limit)) < 2**53 and limit != 0 and value % limit == 0

def at_least(kind, name):
    return (kind,), lambda value, limit: len(value) >= limit, lambda limit, places: max(0, largest(places, name)) >= limit

def at_most(kind, name):
    return (kind,), lambda value, limit: len(value) <= limit, lambda limit, places: smallest(places, name) <= limit

NUMBERS = ("integer", "number")
ASSERTIONS = {  # kinds of values that it is about, whether one obeys, and what it follows from
    "type": (KINDS, lambda value, limit: kind_of(value) in kinds_named(limit), lambda limit, places: kinds_of(places) <= kinds_named(limit)),
    "const": (KINDS, same, lambda limit, places: False),
    "enum": (KINDS, lambda value, limit: any(same(value, each) for each in limit), lambda limit, places: False),
    "minimum": (NUMBERS, lambda value, limit: value >= limit, lambda limit, places: largest(places, "minimum", "exclusiveMinimum") >= limit),
    "exclusiveMinimum": (NUMBERS, lambda value, limit: value > limit,
                         lambda limit, places: largest(places, "minimum") > limit or largest(places, "exclusiveMinimum") >= limit),
    "maximum": (NUMBERS, lambda value, limit: value <= limit, lambda limit, places: smallest(places, "maximum", "exclusiveMaximum") <= limit),
    "exclusiveMaximum": (NUMBERS, lambda value, limit: value < limit,
                         lambda limit, places: smallest(places, "maximum") < limit or smallest(places, "exclusiveMaximum") <= limit),
    "multipleOf": (NUMBERS, is_multiple, lambda limit, places: any(
        each == limit or is_multiple(each, limit) for each in stated(places, "multipleOf") + [1] * ("number" not in kinds_of(places)))),
    "minLength": at_least("string", "minLength"), "maxLength": at_most("string", "maxLength"),
    "pattern": (("string",), matches, lambda limit, places: limit in stated(places, "pattern")),
    "minItems": at_least("array", "minItems"), "maxItems": at_most("array", "maxItems"),
    "uniqueItems": (("array",), lambda value, limit: not limit or len({*map(text_of, value)}) == len(value),
                    lambda limit, places: not limit or True in stated(places, "uniqueItems") or smallest(places, "maxItems") <= 1),
    "required": (("object",), lambda value, limit: {*limit} <= value.keys(), lambda limit, places: {*limit} <= required(places)),
    "dependentRequired": (("object",), lambda value, limit: False, lambda limit, places: all(
        {*names} <= required(places) | required_with(places, name) for name, names in limit.items())),
    "minProperties": (*at_least("object", "minProperties")[:2],
                      lambda limit, places: max(largest(places, "minProperties"), len(required(places))) >= limit),
    "maxProperties": at_most("object", "maxProperties")}

def obeys(name, limit, places):
    kinds, holds, follows = ASSERTIONS[name]
    if not kinds_of(places) & {*kinds}:
        return True
    values = values_of(places)
    return values is not None and all(holds(value, limit) for value in values if kind_of(value) in kinds) or follows(limit, places)

def disjoint(first, other):
    def differ(one, two):
        values, others = values_of(one), values_of(two)
        return values is not None and others is not None and not {*map(text_of, values)} & {*map(text_of, others)}

    def of_member(places, name):
        return [each for place in places if name in place.named("properties") for each in conjunction(place.named("properties")[name])]

    kinds = kinds_of(first)
    if not kinds & kinds_of(other) or differ(first, other):
        return True
    return kinds <= {"object"} and any(differ(of_member(first, name), of_member(other, name)) for name in required(first))
