import {
  type CelResult,
  CelScalar,
  type CelValue,
  celEnv,
  celFunc,
  celList,
  celType,
  isCelError,
  isCelList,
  isCelMap,
  listType,
  parse,
  plan,
} from '@bufbuild/cel';
import { fail } from '../../base/diagnostic.ts';
import { position } from '../../base/locate.ts';
import type { Shortfall } from './demands.ts';
import { type Facts, factsOf, SAMPLE } from './facts.ts';
import type { PolicySubject } from './model.ts';
import { type Refusal, type Vocabulary, vetted } from './vet.ts';

/** A rule's expression, and where it stands. */
export interface Written {
  readonly rule: string;
  readonly text: string;
  readonly file: string;
  readonly pointer: string;
}

type Tree = ReturnType<typeof parse>;
type Node = Tree['expr'];
type Functions = ReturnType<typeof celEnv>['funcs'];
type Group = NonNullable<ReturnType<Functions['find']>>;

/** Work that one evaluation may take: about 200,000 turns of a loop, a second of computing. */
const FUEL = 10_000_000;
const PER_TURN = 50;
/** A comparison by pattern begins with translating the pattern. */
const PER_MATCH = 2_000;
/** Functions that look into the items of what they are given. */
const SEARCHING: ReadonlySet<string> = new Set(['_==_', '_!=_', '@in']);
const PER_ITEM = 40;
/** A function of ours, which no expression can name. */
const TURN = 'vnes_turn';

/** What an expression may call. Nothing that depends on the time, the time zone or the locale. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['_?_:_', '_&&_', '_||_', '!_', '@not_strictly_false', '_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'],
  ...['_+_', '_-_', '_*_', '_/_', '_%_', '-_', '@in', '_[_]'],
  ...['size', 'contains', 'startsWith', 'endsWith', 'matches'],
  ...['int', 'uint', 'double', 'string', 'bool', 'dyn', 'type'],
]);

const WORDS: Vocabulary = {
  variables: new Map(
    // The manifest as it is written may hold any field, and the items of lists are known only as they come.
    Object.entries(SAMPLE).map(([name, value]) => [
      name,
      name === 'manifest' ? undefined : new Set(Array.isArray(value) ? [] : Object.keys(value)),
    ]),
  ),
  functions: FUNCTIONS,
};

class OutOfFuel extends Error {
  override readonly message = 'more work than an expression may take';
}

/** What is left of the evaluation that goes on. */
let fuel = 0;

function burn(amount: number): void {
  fuel -= amount;
  if (fuel < 0) throw new OutOfFuel();
}

const LIST = listType(CelScalar.DYN);
const BASE = celEnv({
  funcs: [
    celFunc(TURN, [CelScalar.DYN], CelScalar.DYN, condition => condition),
    // The package's own is a list of lists of lists, which takes as many calls to read as it has items.
    celFunc('_+_', [LIST, LIST], LIST, (left, right) => celList([...left, ...right])),
  ],
});
/** The standard functions, each of which burns fuel by the size of what it is given. */
const METERED: Functions = { ...BASE.funcs, find: name => metered(BASE.funcs.find(name)) } as Functions;
const ENVIRONMENT = new Proxy(BASE, {
  get: (target, name) => (name === 'funcs' ? METERED : Reflect.get(target, name)),
});

function metered(group: Group | undefined): Group | undefined {
  if (!group) return undefined;
  const { name } = group;
  const base = name === TURN ? PER_TURN : name === 'matches' ? PER_MATCH : 1;
  const call: Group['call'] = (id, target, args) => {
    const weights = [target, ...args].reduce<number>((sum, value) => sum + weight(value), 0);
    burn(base + weights * (SEARCHING.has(name) ? PER_ITEM : 1));
    return group.call(id, target, args);
  };
  return { name, call, [Symbol.iterator]: () => group[Symbol.iterator]() };
}

function weight(value: CelValue | undefined): number {
  if (typeof value === 'string') return value.length / 32;
  return isCelList(value) || isCelMap(value) ? value.size : 0;
}

/**
 * Compiles an expression in the Common Expression Language. What comes out needs nothing but a capsule, and ends after a bounded
 * amount of work whatever is in it; what is neither true nor false, fails.
 * @throws Failure VNES3005 for what is no expression, uses names that there are not, confuses types, or is nested too deeply.
 */
export function compile(written: Written): (subject: PolicySubject) => true | Shortfall {
  const { text } = written;
  const tree = parsed(written);
  const refused = vetted(tree.expr, WORDS, condition => turn(condition as Node));
  if (refused) refuse(written, refused, tree);
  const evaluate = plan(ENVIRONMENT, tree.expr);
  const run = (facts: Facts) => {
    fuel = FUEL;
    return evaluate(facts as unknown as Parameters<typeof evaluate>[0]);
  };
  const wrong = confusion(run(SAMPLE));
  if (wrong) refuse(written, wrong, tree);
  return subject => {
    const value = run(factsOf(subject));
    if (value === true) return true;
    return value === false
      ? { expected: text, found: 'false' }
      : { code: 'VNES3008', expected: `true or false from: ${text}`, found: described(value) };
  };
}

function parsed(written: Written): Tree {
  try {
    return parse(written.text);
  } catch (error) {
    // The parser's own error has a place in the text; without one, the text has overrun the stack.
    const { location } = error as { readonly location?: { readonly start: { readonly offset: number } } };
    const expected = location ? 'an expression in CEL' : 'one that is nested less deeply';
    const found = location
      ? String((error as Error).message).replace(/^<input>:\d+:\d+: /, '')
      : 'too many levels';
    return refuse(written, { message: 'it cannot be read', expected, found }, location?.start.offset ?? 0);
  }
}

/** Counts a turn of a loop, and leaves its condition as it was. */
function turn(condition: Node): Node {
  const call = parse(`${TURN}(true)`).expr;
  if (call.exprKind.case === 'callExpr') call.exprKind.value.args = [condition];
  return call;
}

/** What shows already with an example that the expression confuses types. What it does not find there is for capsules to say. */
function confusion(value: CelResult): Refusal | undefined {
  if (typeof value === 'boolean') return undefined;
  const expected = 'an expression that is true or false';
  if (!isCelError(value))
    return { message: 'it is neither true nor false', expected, found: described(value) };
  const { message, exprId } = value;
  if (!/^(found no matching overload|type mismatch|error parsing regexp)/.test(message)) return undefined;
  return { message: 'it confuses types', expected, found: message, node: exprId };
}

function described(value: CelResult): string {
  return isCelError(value) ? value.message : `a value of type ${celType(value).name}`;
}

function refuse(
  { rule, text, file, pointer }: Written,
  { message, expected, found, node }: Refusal,
  at: Tree | number,
): never {
  const offset = typeof at === 'number' ? at : at.sourceInfo?.positions[String(node)];
  const { column, frame } = position(text, offset ?? 0);
  const help = `at column ${column} of the expression:\n${frame}`;
  const detail = { place: { file, pointer }, expected, found, help };
  return fail('VNES3005', `the expression of the rule ${rule} is refused: ${message}`, detail);
}
