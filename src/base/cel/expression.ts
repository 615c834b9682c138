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
import type { Code } from '../codes/all.ts';
import { fail } from '../diagnostic.ts';
import { position } from '../locate.ts';
import { type Refusal, vetted } from './vet.ts';

/** An expression, and where it stands. */
export interface Written {
  /** What it is, for people: `the expression of the rule small`. */
  readonly name: string;
  readonly text: string;
  readonly file: string;
  readonly pointer: string;
  /** The code of what is said when it is refused. */
  readonly code: Code;
}

/** What an expression can see, as it sees it. */
export interface Sight<Facts extends object> {
  /** An example of each variable: what an expression makes of it shows whether it confuses types. */
  readonly sample: Facts;
  /** Variables of which any field may be asked. Of all others the sample has every field; items of lists are known as they come. */
  readonly open: ReadonlySet<keyof Facts>;
  /** Functions of ours that it may call besides those of the language. */
  readonly also?: readonly (typeof OWN)[number][];
}

/** What an expression says: neither true nor false is `undecided`, with the reason. */
export type Judgement = boolean | { readonly undecided: string };

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

/** Functions that are not CEL's own. */
const OWN = ['sum'] as const;

/** What an expression may call. Nothing that depends on the time, the time zone or the locale. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['_?_:_', '_&&_', '_||_', '!_', '@not_strictly_false', '_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'],
  ...['_+_', '_-_', '_*_', '_/_', '_%_', '-_', '@in', '_[_]'],
  ...['size', 'contains', 'startsWith', 'endsWith', 'matches'],
  ...['int', 'uint', 'double', 'string', 'bool', 'dyn', 'type'],
]);

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
    celFunc('sum', [LIST], CelScalar.DYN, list =>
      [...list].reduce<number>((sum, item) => sum + number(item), 0),
    ),
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
    const weighed = lookup(name, args) ? [] : [target, ...args];
    const weights = weighed.reduce<number>((sum, value) => sum + weight(value), 0);
    burn(base + weights * (SEARCHING.has(name) ? PER_ITEM : 1));
    return group.call(id, target, args);
  };
  return { name, call, [Symbol.iterator]: () => group[Symbol.iterator]() };
}

function number(value: CelValue): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new Error(`found no matching overload for 'sum' applied to a list with a ${celType(value).name}`);
}

/** Looking up a text in a map takes the same time whatever else is in it. */
function lookup(name: string, args: readonly CelValue[]): boolean {
  const [map, key] = name === '@in' ? [args[1], args[0]] : [args[0], args[1]];
  return (name === '@in' || name === '_[_]') && isCelMap(map) && typeof key === 'string';
}

function weight(value: CelValue | undefined): number {
  if (typeof value === 'string') return value.length / 32;
  return isCelList(value) || isCelMap(value) ? value.size : 0;
}

/**
 * Compiles an expression in the Common Expression Language. What comes out needs nothing but the facts, and ends after a bounded
 * amount of work whatever is in it.
 * @throws Failure of the given code for what is no expression, uses names that there are not, confuses types, or is nested too deeply.
 */
export function compileExpression<Facts extends object>(
  written: Written,
  { sample, open, also = [] }: Sight<Facts>,
): (facts: Facts) => Judgement {
  const tree = parsed(written);
  const words = { variables: variablesOf(sample, open), functions: new Set([...FUNCTIONS, ...also]) };
  const refused = vetted(tree.expr, words, condition => turn(condition as Node));
  if (refused) refuse(written, refused, tree);
  const evaluate = plan(ENVIRONMENT, tree.expr);
  const run = (facts: Facts) => {
    fuel = FUEL;
    return evaluate(facts as unknown as Parameters<typeof evaluate>[0]);
  };
  const wrong = confusion(run(sample));
  if (wrong) refuse(written, wrong, tree);
  return facts => {
    const value = run(facts);
    return typeof value === 'boolean' ? value : { undecided: described(value) };
  };
}

function variablesOf<Facts extends object>(sample: Facts, open: ReadonlySet<keyof Facts>) {
  return new Map(
    Object.entries(sample).map(([name, value]) => [
      name,
      open.has(name as keyof Facts) ? undefined : new Set(fieldsOf(value)),
    ]),
  );
}

function fieldsOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
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
  { name, text, file, pointer, code }: Written,
  { message, expected, found, node }: Refusal,
  at: Tree | number,
): never {
  const offset = typeof at === 'number' ? at : at.sourceInfo?.positions[String(node)];
  const { column, frame } = position(text, offset ?? 0);
  const help = `at column ${column} of the expression:\n${frame}`;
  const detail = { place: { file, pointer }, expected, found, help };
  return fail(code, `${name} is refused: ${message}`, detail);
}
