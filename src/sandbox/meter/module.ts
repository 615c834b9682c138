import { Malformed, Reader, type Section, sectionsOf } from '../../capsule/wasm/reader.ts';
import { isValueType } from './decoder.ts';
import { EXTERN, readImport, readLimits } from './imports.ts';
import { Refused } from './refusal.ts';

/** Numbers of the sections (core specification, section 5.5.2). */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

export interface FunctionType {
  readonly params: Uint8Array;
  readonly results: Uint8Array;
}

/** What the rewriter has to know of a module before it can change its functions. */
export interface ModuleShape {
  readonly core: Uint8Array;
  readonly sections: ReadonlyMap<number, Section>;
  readonly types: readonly FunctionType[];
  /** Type of each function, the imported ones first. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  readonly importedGlobals: number;
}

/** @throws Refused for sections and types that are not metered; Malformed */
export function shapeOf(core: Uint8Array): ModuleShape {
  const sections = knownSections(core);
  const types = vector(core, sections.get(SECTION.type), readType);
  const kinds = vector(core, sections.get(SECTION.import), readImport);
  const memories = vector(core, sections.get(SECTION.memory), reader => readLimits(reader, 'memory'));
  const importedMemories = kinds.filter(({ kind }) => kind === EXTERN.memory).length;
  if (memories.length + importedMemories > 1)
    throw new Refused('a second memory', sections.get(SECTION.memory)?.start ?? 0);
  const imported = kinds.filter(({ kind }) => kind === EXTERN.function).map(({ type }) => type);
  const own = vector(core, sections.get(SECTION.function), reader => reader.u32());
  return {
    core,
    sections,
    types,
    functions: [...imported, ...own],
    importedFunctions: imported.length,
    importedGlobals: kinds.filter(({ kind }) => kind === EXTERN.global).length,
  };
}

/** A function type by its index. @throws Malformed when there is none */
export function typeAt({ types }: ModuleShape, index: number): FunctionType {
  return types[index] ?? malformed(`a type with the number ${index} is missing`);
}

/** The type of a function by its index. @throws Malformed when there is none */
export function functionAt(shape: ModuleShape, index: number): FunctionType {
  return typeAt(shape, shape.functions[index] ?? malformed(`a function with the number ${index} is missing`));
}

function malformed(what: string): never {
  throw new Malformed(what);
}

/** The length of a list whose items take a byte at least. @throws Malformed when it cannot be so long */
export function lengthOf(reader: Reader): number {
  const length = reader.u32();
  return length <= reader.end - reader.at
    ? length
    : malformed(`a list of ${length} items is promised at offset ${reader.at}, the data ends before`);
}

/** Reads a section that is a list. @throws Malformed when it is longer or shorter than its items */
export function vector<T>(
  core: Uint8Array,
  section: Section | undefined,
  read: (reader: Reader) => T,
): readonly T[] {
  if (!section) return [];
  const reader = new Reader(core, section.body, section.end);
  const count = lengthOf(reader);
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(read(reader));
  if (reader.at !== reader.end)
    throw new Malformed(`a section goes on after its last item at offset ${reader.at}`);
  return items;
}

function knownSections(core: Uint8Array): Map<number, Section> {
  const known: readonly number[] = Object.values(SECTION);
  const found = new Map<number, Section>();
  for (const section of sectionsOf(core)) {
    if (section.id === SECTION.custom) continue;
    if (!known.includes(section.id)) throw new Refused(`a section of the kind ${section.id}`, section.start);
    if (found.has(section.id)) throw new Refused('a section that comes twice', section.start);
    found.set(section.id, section);
  }
  return found;
}

const FUNCTION_TYPE = 0x60;

function readType(reader: Reader): FunctionType {
  const at = reader.at;
  if (reader.byte() !== FUNCTION_TYPE) throw new Refused('a type that is no plain function type', at);
  return { params: valueTypes(reader), results: valueTypes(reader) };
}

function valueTypes(reader: Reader): Uint8Array {
  const at = reader.at;
  const types = reader.slice(reader.u32());
  if (!types.every(isValueType)) throw new Refused('a value of an unknown type', at);
  return types;
}
