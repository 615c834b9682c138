"""Decides expressions in a part of CEL, the Common Expression Language; for recheck_policy.py. It says so of all others.

An expression is put into Python's syntax token by token, read by Python's parser, and its tree is walked here: nothing of it is run.
What CEL and Python read otherwise is refused rather than guessed: whatever is not known here, Undecided.
"""
import ast, keyword, re

class Undecided(Exception):
    """An expression that is not decided here. It is neither true nor false."""

class Wrong(Exception):
    """An error of CEL, such as a field that is not there. A rule whose expression comes to one is not met."""

class Double(float):
    """A number of a manifest: CEL reads JSON's as doubles. Nothing that is done with one is decided here."""

TOKEN = re.compile(r"""\s*(?:(?P<text>"(?:[^"\\\n]|\\["'\\nrt])*"|'(?:[^'\\\n]|\\["'\\nrt])*')|(?P<number>(?:0|[1-9][0-9]*)(?![\w.]))"""
                   r"""|(?P<word>[A-Za-z_]\w*)(?!["'])|(?P<sign>&&|\|\||[!=<>]=|[!<>()\[\].,+*/%?:-]))""", re.ASCII)
WORDS = {"true": "True", "false": "False", "null": "None", "in": "in"}
SIGNS = {"&&": "and", "||": "or", "!": "~",  # ~ binds as tightly as CEL's !
         "?": "if", ":": "else"}  # what Python takes for the value stands where CEL has the condition, and the other way round
MOST_WORK, MOST_LEVELS, MOST_LOOPS = 4_000_000, 30, 3  # less than vnes allows, so that what it breaks off is not decided here

def tree_of(text):
    words, last, at = [], None, 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        kind = found and found.lastgroup
        twice = found and found["sign"] == "-" and words[-1:] == ["-"]
        if not found or twice or kind == last == "text" or kind == "word" and found["word"] not in WORDS and keyword.iskeyword(found["word"]):
            raise Undecided("what stands at column %d" % (at + 1))
        word, last, at = found[kind], kind, found.end()
        words.append(WORDS.get(word, SIGNS.get(word, word)) if kind != "text" else word)
    if re.search(r", \)", " ".join(words)):
        raise Undecided("a comma before a bracket")
    try:
        return ast.parse(" ".join(words), mode="eval").body
    except SyntaxError:
        raise Undecided("what Python cannot read") from None

def evaluate(text, facts):
    """Whether an expression is true; Wrong or Undecided if it is neither that nor false."""
    walker = Walker()
    value = walker.value(tree_of(text), facts, 0, 0)
    if type(value) is not bool:
        raise Wrong("neither true nor false")
    return value

def same_type(one, two, *types):
    if type(one) is not type(two) or types and type(one) not in types or Double in (type(one), type(two)):
        raise Undecided("%s and %s" % (type(one).__name__, type(two).__name__))

def equal(one, two):
    same_type(one, two, str, int, bool, type(None), list)
    if type(one) is list:
        return len(one) == len(two) and all([equal(*pair) for pair in zip(one, two)])
    return one == two

def ordered(one, two):
    same_type(one, two, str, int)
    if type(one) is str and max(one + two, default="") > "\ud7ff":
        raise Undecided("an order of letters beyond the basic ones")
    return one < two

def contained(one, two):
    if type(two) is dict and type(one) is str:
        return one in two
    if type(two) is not list:
        raise Undecided("what is in neither a list nor a map")
    return any([equal(one, each) for each in two])

COMPARE = {ast.Eq: equal, ast.NotEq: lambda a, b: not equal(a, b), ast.Lt: ordered, ast.Gt: lambda a, b: ordered(b, a),
           ast.LtE: lambda a, b: not ordered(b, a), ast.GtE: lambda a, b: not ordered(a, b), ast.In: contained}
METHODS = {"startsWith": str.startswith, "endsWith": str.endswith, "contains": str.__contains__}
MACROS = ("all", "exists", "exists_one", "filter", "map")

def truth(value):
    if type(value) is not bool:
        raise Wrong("neither true nor false")
    return value

class Walker:
    work = 0

    def burn(self, amount):
        self.work += amount
        if self.work > MOST_WORK:
            raise Undecided("so much work")

    def value(self, node, names, level, loops):
        """The value of a node; `names` are the variables, `level` and `loops` how deep it lies."""
        if level > MOST_LEVELS or loops > MOST_LOOPS:
            raise Undecided("so many levels")
        value = self.read(node, names, level, loops)
        self.burn(2 + (len(value) if type(value) in (str, list, dict) else 0))
        return value

    def read(self, node, names, level, loops):
        run = lambda each, known=names, more=0: self.value(each, known, level + 1, loops + more)
        if isinstance(node, ast.Constant) and type(node.value) in (str, int, bool, type(None)):
            return number(node.value) if type(node.value) is int else node.value
        if isinstance(node, ast.Name):
            if node.id not in names:
                raise Undecided("the name " + node.id)
            return names[node.id]
        if isinstance(node, ast.Attribute):
            return field(run(node.value), node.attr)
        if isinstance(node, ast.Subscript):
            return item(run(node.value), run(node.slice))
        if isinstance(node, ast.List):
            return [run(each) for each in node.elts]
        if isinstance(node, ast.BoolOp):
            return either(run, node.values, isinstance(node.op, ast.Or))
        if isinstance(node, ast.IfExp):
            return run(node.test if truth(run(node.body)) else node.orelse)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            inner, times = node, 0
            while isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Invert):
                inner, times = inner.operand, times + 1
            value = run(inner)
            if times > 1 and type(value) is not bool:
                raise Undecided("a double negation of what is neither true nor false")  # vnes takes that for the thing itself
            return truth(value) is (times % 2 == 0)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return arithmetic(ast.Sub, 0, run(node.operand))
        if isinstance(node, ast.BinOp):
            return arithmetic(type(node.op), run(node.left), run(node.right))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARE:
            return COMPARE[type(node.ops[0])](run(node.left), run(node.comparators[0]))
        if isinstance(node, ast.Call) and not node.keywords:
            return self.call(node, run, names)
        raise Undecided("a " + type(node).__name__)

    def call(self, node, run, names):
        function, args = node.func, node.args
        if isinstance(function, ast.Name) and function.id == "has" and len(args) == 1 and isinstance(args[0], ast.Attribute):
            return has(run(args[0].value), args[0].attr)
        if isinstance(function, ast.Name) and function.id == "size" and len(args) == 1:
            return size(run(args[0]))
        if not isinstance(function, ast.Attribute):
            raise Undecided("a call of " + ast.unparse(function))
        if function.attr == "size" and not args:
            return size(run(function.value))
        if function.attr in METHODS and len(args) == 1:
            one, two = run(function.value), run(args[0])
            same_type(one, two, str)
            return METHODS[function.attr](one, two)
        if function.attr in MACROS and len(args) == 2 and isinstance(args[0], ast.Name):
            return self.loop(function.attr, run(function.value), lambda each: run(args[1], {**names, args[0].id: each}, 1))
        raise Undecided("a call of " + function.attr)

    def loop(self, macro, over, body):
        if type(over) is not list:
            raise Undecided("a loop over no list")
        self.burn(100 * len(over) + (0 if macro in ("all", "exists") else len(over) ** 2))
        if macro in ("all", "exists"):
            return either(lambda each: body(each), over, macro == "exists")
        found = [body(each) for each in over]
        if macro == "map":
            return found
        kept = [each for each, keep in zip(over, map(truth, found)) if keep]
        return kept if macro == "filter" else len(kept) == 1

def either(run, parts, wanted):
    """CEL's || (`wanted` is true) and && (false), loops included: one part that decides makes up for errors in others."""
    error = None
    for part in parts:
        try:
            if truth(run(part)) is wanted:
                return wanted
        except Wrong as found:
            error = found
    if error:
        raise error
    return not wanted

def number(value):
    if not -(2**63) <= value < 2**63:
        raise Undecided("a number out of range")
    return value

def arithmetic(kind, one, two):
    if kind is ast.Add and type(one) is str:
        same_type(one, two, str)
        return one + two
    same_type(one, two, int)
    if kind in (ast.Div, ast.Mod) and two == 0:
        raise Wrong("a division by zero")
    quotient = lambda: abs(one) // abs(two) * (1 if (one < 0) == (two < 0) else -1)  # towards zero, unlike Python's
    found = {ast.Add: lambda: one + two, ast.Sub: lambda: one - two, ast.Mult: lambda: one * two, ast.Div: quotient,
             ast.Mod: lambda: one - two * quotient()}.get(kind)
    if not found:
        raise Undecided("a calculation")
    if not -(2**63) <= found() < 2**63:
        raise Wrong("a number out of range")
    return found()

def field(value, name):
    if not has(value, name):
        raise Wrong("there is no " + name)
    return value[name]

def has(value, name):
    if type(value) is not dict:
        raise Undecided("a field of what has none")
    return name in value

def item(value, key):
    if type(value) is dict and type(key) is str:
        return field(value, key)
    if type(value) is not list or type(key) is not int:
        raise Undecided("a place in what has none")
    if not 0 <= key < len(value):
        raise Wrong("there is no such place")
    return value[key]

def size(value):
    if type(value) not in (str, list, dict):
        raise Undecided("a size of what has none")
    return len(value)
