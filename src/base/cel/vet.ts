/**
 * What an expression may hold, decided on its syntax tree (cel/expr/syntax.proto, as far as it is looked at here). CEL finds an
 * unknown name only when it comes by it, and `true || nmae` never does; a rule with such a name would mean something else.
 */

interface Node {
  readonly id: bigint;
  readonly exprKind: { readonly case: string | undefined; readonly value?: unknown };
}

interface Comprehension {
  readonly iterVar: string;
  readonly accuVar: string;
  readonly iterRange?: Node;
  readonly accuInit?: Node;
  loopCondition?: Node;
  readonly loopStep?: Node;
  readonly result?: Node;
}

interface Call {
  readonly target?: Node;
  readonly function: string;
  readonly args: readonly Node[];
}

interface Select {
  readonly operand?: Node;
  readonly field: string;
}

/** Why an expression is refused, and the node that is to blame, if it is one. */
export interface Refusal {
  readonly node?: bigint | undefined;
  readonly message: string;
  readonly expected: string;
  readonly found: string;
}

export interface Vocabulary {
  /** Names of variables, with the fields that each has; undefined where any may occur. */
  readonly variables: ReadonlyMap<string, ReadonlySet<string> | undefined>;
  readonly functions: ReadonlySet<string>;
}

/** Levels of a syntax tree: recursion over it must end the same way everywhere, whatever the size of the stack. */
const MOST_LEVELS = 60;
/** `all` within `exists` within `filter`. */
const MOST_LOOPS = 3;
/** Names of types, which are values in CEL. */
const TYPES = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map', 'null_type', 'type'];

/** The first thing in an expression that is refused, or undefined. Puts `tick` round the condition of each loop. */
export function vetted(root: Node, words: Vocabulary, tick: (condition: Node) => Node): Refusal | undefined {
  return new Vet(words, tick).visit(root, { names: new Set(TYPES), level: 0, loops: 0 });
}

interface Scope {
  /** Names that loops have brought in. */
  readonly names: ReadonlySet<string>;
  readonly level: number;
  readonly loops: number;
}

class Vet {
  private readonly words: Vocabulary;
  private readonly tick: (condition: Node) => Node;

  constructor(words: Vocabulary, tick: (condition: Node) => Node) {
    this.words = words;
    this.tick = tick;
  }

  visit(node: Node | undefined, scope: Scope): Refusal | undefined {
    if (!node) return undefined;
    if (scope.level > MOST_LEVELS)
      return refusal(node, 'it is nested too deeply', `at most ${MOST_LEVELS} levels`, 'more');
    const deeper = { ...scope, level: scope.level + 1 };
    const { case: kind, value } = node.exprKind;
    switch (kind) {
      case 'constExpr':
        return undefined;
      case 'identExpr':
        return this.identifier(node, (value as { readonly name: string }).name, scope);
      case 'selectExpr':
        return this.select(node, value as Select, deeper);
      case 'callExpr':
        return this.call(node, value as Call, deeper);
      case 'listExpr':
        return this.all((value as { readonly elements: readonly Node[] }).elements, deeper);
      case 'comprehensionExpr':
        return this.loop(node, value as Comprehension, deeper);
      default:
        return refusal(node, 'it makes an object', 'a test of what is there', String(kind));
    }
  }

  private all(nodes: readonly (Node | undefined)[], scope: Scope): Refusal | undefined {
    for (const node of nodes) {
      const found = this.visit(node, scope);
      if (found) return found;
    }
    return undefined;
  }

  private identifier(node: Node, name: string, { names }: Scope): Refusal | undefined {
    if (names.has(name) || this.words.variables.has(name)) return undefined;
    const known = [...this.words.variables.keys()].join(', ');
    return refusal(node, `there is no variable ${name}`, `one of: ${known}`, name);
  }

  private select(node: Node, { operand, field }: Select, scope: Scope): Refusal | undefined {
    const fields = operand && this.fieldsOf(operand, scope);
    if (fields && !fields.has(field))
      return refusal(node, `there is no field ${field}`, `one of: ${[...fields].join(', ')}`, field);
    return this.visit(operand, scope);
  }

  /** The fields of a variable that no loop has given another meaning. */
  private fieldsOf({ exprKind }: Node, { names }: Scope): ReadonlySet<string> | undefined {
    if (exprKind.case !== 'identExpr') return undefined;
    const { name } = exprKind.value as { readonly name: string };
    return names.has(name) ? undefined : this.words.variables.get(name);
  }

  private call(node: Node, { target, function: name, args }: Call, scope: Scope): Refusal | undefined {
    if (!this.words.functions.has(name)) {
      const known = [...this.words.functions].filter(each => /^\w+$/.test(each)).join(', ');
      return refusal(node, `there is no function ${name}`, `one of: ${known}`, name);
    }
    return this.all([target, ...args], scope);
  }

  private loop(node: Node, loop: Comprehension, scope: Scope): Refusal | undefined {
    if (scope.loops >= MOST_LOOPS)
      return refusal(node, 'loops are nested too deeply', `at most ${MOST_LOOPS}`, 'more');
    const within = {
      names: new Set([...scope.names, loop.iterVar, loop.accuVar]),
      level: scope.level,
      loops: scope.loops + 1,
    };
    const found =
      this.all([loop.iterRange, loop.accuInit], scope) ??
      this.all([loop.loopCondition, loop.loopStep, loop.result], within);
    if (!found && loop.loopCondition) loop.loopCondition = this.tick(loop.loopCondition);
    return found;
  }
}

function refusal({ id }: Node, message: string, expected: string, found: string): Refusal {
  return { node: id, message, expected, found };
}
