import { Reader, type Section } from '../../capsule/wasm/reader.ts';
import type { NanSign } from './emit.ts';
import { type FunctionContext, FunctionMeter } from './function.ts';
import { functionAt, type ModuleShape, SECTION, shapeOf } from './module.ts';
import {
  capTables,
  importsWithCounters,
  rewriteData,
  rewriteElements,
  rewriteExports,
  rewriteGlobals,
} from './sections.ts';
import { TypeTable } from './types.ts';
import { Writer } from './writer.ts';

/** Part of the key of every cache of metered modules. What a module costs is part of what it does: raise it with each change. */
export const METER = 'meter 1';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** The order in which sections come (section 5.5.16). */
const ORDER = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
] as const;

type Rewriter = (shape: ModuleShape, section: Section) => Uint8Array;

const REWRITERS: Readonly<Record<number, Rewriter>> = {
  [SECTION.table]: capTables,
  [SECTION.global]: rewriteGlobals,
  [SECTION.export]: rewriteExports,
  [SECTION.element]: rewriteElements,
  [SECTION.data]: rewriteData,
};

/**
 * The same core module, counting: it takes fuel for what it executes and room for the calls that are open from two imported
 * globals, `vnes:meter` `fuel` and `stack`, and traps when one gets below zero; and each NaN that it computes is the
 * canonical one, or in an audit its negative. Custom sections, names among them, are dropped. The module must be valid.
 * @throws Refused for what is not metered, with its offset; Malformed
 */
export function meterModule(core: Uint8Array, nans: NanSign = 'positive'): Uint8Array {
  const shape = shapeOf(core);
  const code = shape.sections.get(SECTION.code);
  const types = new TypeTable(shape);
  const rewritten = new Map<number, Uint8Array>();
  for (const [id, section] of shape.sections) {
    rewritten.set(id, REWRITERS[id]?.(shape, section) ?? core.subarray(section.body, section.end));
  }
  if (code) rewritten.set(SECTION.code, rewriteCode(shape, code, types, nans));
  rewritten.set(SECTION.import, importsWithCounters(shape));
  if (shape.types.length > 0) rewritten.set(SECTION.type, types.section());
  return join(rewritten);
}

function rewriteCode(shape: ModuleShape, section: Section, types: TypeTable, nans: NanSign): Uint8Array {
  const { core, importedFunctions, importedGlobals } = shape;
  const context: FunctionContext = {
    shape,
    counters: { fuel: importedGlobals, stack: importedGlobals + 1 },
    nans,
    blockType: results => types.blockType(results),
  };
  const reader = new Reader(core, section.body, section.end);
  const count = reader.u32();
  const writer = new Writer(2 * (section.end - section.body) + 64).u32(count);
  for (let index = 0; index < count; index += 1) {
    const size = reader.u32();
    const body = new Reader(core, reader.at, reader.at + size);
    reader.slice(size);
    const type = functionAt(shape, importedFunctions + index);
    writer.sized(new FunctionMeter(context, type, body).rewrite());
  }
  return writer.view();
}

function join(sections: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const size = [...sections.values()].reduce((sum, { length }) => sum + length + 6, PREAMBLE.length);
  const writer = new Writer(size).code(...PREAMBLE);
  for (const id of ORDER) {
    const body = sections.get(id);
    if (body) writer.byte(id).sized(body);
  }
  return writer.view();
}
