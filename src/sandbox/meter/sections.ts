import { Reader, type Section } from '../../capsule/wasm/reader.ts';
import { Decoder, isReference } from './decoder.ts';
import { EXTERN, readLimits } from './imports.ts';
import { type ModuleShape, SECTION } from './module.ts';
import { OP } from './opcodes.ts';
import { Refused } from './refusal.ts';
import { RESERVED_MODULE } from './reserved.ts';
import { Writer } from './writer.ts';

/** The counters, as the last imported globals: everything that names a later global moves by their number. */
export const COUNTERS = [
  { name: 'fuel', type: 0x7e },
  { name: 'stack', type: 0x7f },
] as const;

const MUTABLE = 1;

/** Index of a global in the metered module. */
export function movedGlobal(shape: ModuleShape, index: number): number {
  return index < shape.importedGlobals ? index : index + COUNTERS.length;
}

/** The import section with the counters at its end. */
export function importsWithCounters({ core, sections }: ModuleShape): Uint8Array {
  const section = sections.get(SECTION.import);
  const reader = section && new Reader(core, section.body, section.end);
  const writer = new Writer(512).u32((reader?.u32() ?? 0) + COUNTERS.length);
  if (reader) writer.raw(core.subarray(reader.at, reader.end));
  for (const { name, type } of COUNTERS) {
    writer.sized(Buffer.from(RESERVED_MODULE)).sized(Buffer.from(name));
    writer.code(EXTERN.global, type, MUTABLE);
  }
  return writer.view();
}

/** Rewrites the indices of globals in a section that is a list of items. */
function listRewriter(item: (context: Rewriting) => void) {
  return (shape: ModuleShape, section: Section): Uint8Array => {
    const reader = new Reader(shape.core, section.body, section.end);
    const count = reader.u32();
    const writer = new Writer(section.end - section.body + 64).u32(count);
    for (let index = 0; index < count; index += 1) item({ shape, reader, writer });
    return writer.view();
  };
}

interface Rewriting {
  readonly shape: ModuleShape;
  readonly reader: Reader;
  readonly writer: Writer;
}

/** type, mutability, initial value */
export const rewriteGlobals = listRewriter(context => {
  copy(context, () => context.reader.slice(2));
  expression(context);
});

/** name, kind, index */
export const rewriteExports = listRewriter(({ shape, reader, writer }) => {
  writer.sized(reader.slice(reader.u32()));
  const kind = reader.byte();
  const index = reader.u32();
  writer.byte(kind).u32(kind === EXTERN.global ? movedGlobal(shape, index) : index);
});

/** Data segments: 0 active, 1 passive, 2 active with a memory's index. */
export const rewriteData = listRewriter(context => {
  const { reader, writer } = context;
  const form = reader.u32();
  if (form > 2) throw new Refused('a data segment of an unknown form', reader.at);
  writer.u32(form);
  if (form === 2) writer.u32(reader.u32());
  if (form !== 1) expression(context);
  writer.sized(reader.slice(reader.u32()));
});

/** Element segments (section 5.5.12): bit 0 passive or declared, bit 1 an index or kind is named, bit 2 expressions. */
export const rewriteElements = listRewriter(context => {
  const { reader, writer } = context;
  const form = reader.u32();
  if (form > 7) throw new Refused('an element segment of an unknown form', reader.at);
  writer.u32(form);
  const active = (form & 1) === 0;
  if (active && (form & 2) !== 0) writer.u32(reader.u32());
  if (active) expression(context);
  if ((form & 3) !== 0) writer.byte(elementType(reader, form));
  const count = reader.u32();
  writer.u32(count);
  for (let index = 0; index < count; index += 1) {
    if ((form & 4) !== 0) expression(context);
    else writer.u32(reader.u32());
  }
});

/** What a segment that is not the simplest holds: functions by index (0), or expressions of a reference type. */
function elementType(reader: Reader, form: number): number {
  const at = reader.at;
  const type = reader.byte();
  const known = (form & 4) === 0 ? type === 0 : isReference(type);
  return known ? type : refuse('an element segment of an unknown type', at);
}

function refuse(what: string, at: number): never {
  throw new Refused(what, at);
}

/** The most elements of a table. V8's own limit is higher, but belongs to its version. */
const MOST_ELEMENTS = 1_000_000;

/** Gives each table a maximum, so that `table.grow` fails at the same size everywhere. */
export const capTables = listRewriter(({ reader, writer }) => {
  const at = reader.at;
  const type = reader.byte();
  if (!isReference(type)) throw new Refused('a table of an unknown type', at);
  const { minimum, maximum = MOST_ELEMENTS } = readLimits(reader, 'table');
  if (minimum > MOST_ELEMENTS) throw new Refused(`a table of ${minimum} elements`, at);
  writer.byte(type).byte(1).u32(minimum).u32(Math.min(maximum, MOST_ELEMENTS));
});

/** A constant expression up to its `end`. */
function expression(context: Rewriting): void {
  const { shape, reader, writer } = context;
  const decoder = new Decoder(reader);
  do {
    decoder.next();
    if (decoder.layout === 'g') writer.byte(OP.globalGet).u32(movedGlobal(shape, decoder.index));
    else writer.raw(shape.core.subarray(decoder.start, reader.at));
  } while (decoder.layout !== 'end');
}

function copy({ reader, writer, shape }: Rewriting, skip: () => void): void {
  const from = reader.at;
  skip();
  writer.raw(shape.core.subarray(from, reader.at));
}
