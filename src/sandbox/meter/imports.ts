import type { Reader } from '../../capsule/wasm/reader.ts';
import { isReference, isValueType } from './decoder.ts';
import { Refused } from './refusal.ts';
import { RESERVED_MODULE } from './reserved.ts';

/** What an import brings, in the order of the format's numbers. */
export const EXTERN = { function: 0, table: 1, memory: 2, global: 3 } as const;

export interface Import {
  readonly kind: number;
  /** Type of an imported function. */
  readonly type: number;
}

/** @throws Refused for what a metered module may not import; Malformed */
export function readImport(reader: Reader): Import {
  const at = reader.at;
  if (reader.name() === RESERVED_MODULE) throw new Refused(`an import from ${RESERVED_MODULE}`, at);
  reader.name();
  const kind = reader.byte();
  if (kind === EXTERN.function) return { kind, type: reader.u32() };
  if (kind === EXTERN.table) skipTable(reader);
  else if (kind === EXTERN.memory) readLimits(reader, 'memory');
  else if (kind === EXTERN.global) skipGlobal(reader);
  else throw new Refused(`an import of the kind ${kind}`, at);
  return { kind, type: -1 };
}

function skipTable(reader: Reader): void {
  if (!isReference(reader.byte())) throw new Refused('a table of an unknown type', reader.at);
  readLimits(reader, 'table');
}

function skipGlobal(reader: Reader): void {
  if (!isValueType(reader.byte())) throw new Refused('a global of an unknown type', reader.at);
  reader.byte();
}

/** Flag 1 says that there is a maximum; the others say shared, 64-bit or pages of another size. */
export function readLimits(
  reader: Reader,
  what: string,
): { readonly minimum: number; readonly maximum?: number } {
  const at = reader.at;
  const flags = reader.byte();
  if (flags > 1) throw new Refused(`a shared, 64-bit or custom-page ${what}`, at);
  const minimum = reader.u32();
  return flags === 1 ? { minimum, maximum: reader.u32() } : { minimum };
}
