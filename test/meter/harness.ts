import { shapeOf, vector } from '../../src/sandbox/meter/module.ts';
import type { List } from './sexpr.ts';

/** An `invoke` of a script with the constants that it passes and the results that are expected, as in the source. */
export interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly results: readonly string[];
  /** Types of the function's results. */
  readonly types: readonly string[];
}

const CONSTANT = /^(i32|i64|f32|f64|v128)\.const$/;
const SLOT = 16;

/** `(invoke "name" args)` and what it is expected to give; undefined for what a module cannot do by itself: references, other instances. */
export function readCall(
  source: string,
  invoke: List,
  results: readonly List[],
  signatures: ReadonlyMap<string, readonly string[]>,
): Call | undefined {
  const [, name, ...args] = invoke.items;
  if (typeof name !== 'string' || !name.startsWith('"')) return undefined;
  const types = signatures.get(name.slice(1, -1));
  if (!types?.every(type => type !== '?')) return undefined;
  const all = [...args, ...results];
  if (!all.every(item => typeof item !== 'string' && CONSTANT.test(String(item.items[0])))) return undefined;
  const text = (item: unknown) => source.slice((item as List).from, (item as List).to);
  return { name, args: args.map(text), results: results.map(text), types };
}

/**
 * A module that makes the calls: it exports a function without parameters for each, which stores the results bit by bit, for
 * JavaScript can neither see the bits of a NaN nor pass a vector.
 */
export function harnessOf(calls: readonly Call[]): string {
  const type = (constant: string) => /^\(\s*(\w+)\.const/.exec(constant)![1]!;
  const imports = calls.map(({ name, args, types }, index) => {
    const params = args.map(type).join(' ');
    return `(import "target" ${name} (func $f${index} (param ${params}) (result ${types.join(' ')})))`;
  });
  const bodies = calls.map(({ args, types }, index) => {
    const locals = types.map((each, at) => `(local $${at} ${each})`).join(' ');
    const take = types.map((_, at) => `local.set $${types.length - 1 - at}`).join(' ');
    const keep = types
      .map((each, at) => `(${each}.store (i32.const ${at * SLOT}) (local.get $${at}))`)
      .join(' ');
    return `(func (export "call${index}") ${locals} ${args.join(' ')} call $f${index} ${take} ${keep})`;
  });
  return `(module ${imports.join('\n')} (memory (export "memory") 1) ${bodies.join('\n')})`;
}

const TYPES: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
};
const EXPORTS = 7;

/** Result types of the functions that a module exports; `?` for a reference. */
export function signaturesOf(core: Uint8Array): Map<string, readonly string[]> {
  const { sections, types, functions } = shapeOf(core);
  const rows = vector(core, sections.get(EXPORTS), reader => ({
    name: reader.name(),
    kind: reader.byte(),
    index: reader.u32(),
  }));
  const found = new Map<string, readonly string[]>();
  for (const { name, kind, index } of rows) {
    if (kind === 0)
      found.set(
        name,
        [...types[functions[index]!]!.results].map(type => TYPES[type] ?? '?'),
      );
  }
  return found;
}

const CANONICAL: Readonly<Record<string, string>> = {
  f32: '0000c07f',
  f64: '000000000000f87f',
};
const LANES: Readonly<Record<string, number>> = { f32: 4, f64: 8, f32x4: 4, f64x2: 8 };

/** The bits of a result. */
export function bitsOf(memory: Uint8Array, at: number, type: string): string {
  const size = { i32: 4, f32: 4, i64: 8, f64: 8, v128: 16 }[type]!;
  return Buffer.from(memory.subarray(at * SLOT, at * SLOT + size)).toString('hex');
}

/** The bits that metered code must give where the script says `nan:canonical` or `nan:arithmetic`; undefined elsewhere. */
export function promisedNans(result: string): readonly { readonly at: number; readonly bits: string }[] {
  const [head = '', ...words] = result.replace(/[()]/g, '').trim().split(/\s+/);
  const shape = head === 'v128.const' ? words.shift()! : head.split('.')[0]!;
  const width = LANES[shape];
  if (width === undefined) return [];
  const bits = CANONICAL[width === 4 ? 'f32' : 'f64']!;
  return words.flatMap((word, lane) =>
    word === 'nan:canonical' || word === 'nan:arithmetic' ? [{ at: lane * width * 2, bits }] : [],
  );
}
