import { Malformed, type Reader } from '../../../capsule/wasm/reader.ts';
import { Unfamiliar } from './unfamiliar.ts';

/** A type by its structure, in words; an instance type by what it exports. */
export type Type = string | InstanceType;
export type InstanceType = ReadonlyMap<string, Type>;

const PRIMITIVES: Readonly<Record<number, string>> = {
  127: 'bool',
  125: 'u8',
  121: 'u32',
  119: 'u64',
  115: 'string',
};

/** Definitions of types by the byte that they begin with (Component Model, Binary.md). */
const DEFINITIONS: Readonly<Record<number, (reader: Reader, scope: readonly Type[]) => Type>> = {
  114: (reader, scope) => `record{${list(reader, () => `${label(reader)}:${valueType(reader, scope)}`)}}`,
  112: (reader, scope) => `list<${valueType(reader, scope)}>`,
  109: reader => `enum{${list(reader, () => label(reader))}}`,
  107: (reader, scope) => `option<${valueType(reader, scope)}>`,
  106: (reader, scope) => `result<${optional(reader, scope)},${optional(reader, scope)}>`,
  64: functionType,
  66: instanceType,
};
/** Far more than any definition has. */
const MOST = 1000;

/** Reads one definition of a type. `scope` holds the types that it may refer to. @throws Malformed, Unfamiliar */
export function readType(reader: Reader, scope: readonly Type[]): Type {
  const byte = reader.byte();
  const primitive = PRIMITIVES[byte];
  if (primitive) return primitive;
  const read = DEFINITIONS[byte] ?? unknown(`type 0x${byte.toString(16)}`);
  return read(reader, scope);
}

/** As many items as a count before them says. */
export function vector<T>(reader: Reader, read: () => T, most = MOST): T[] {
  const length = reader.u32();
  if (length > most) throw new Malformed(`a list of ${length} items at offset ${reader.at}`);
  return Array.from({ length }, read);
}

/** The name of an import or export. */
export function externName(reader: Reader): string {
  if (reader.byte() > 1) unknown('form of a name');
  return reader.name();
}

/** What an import or export of a type refers to: another type that it repeats. */
export function equalType(reader: Reader, scope: readonly Type[]): Type {
  if (reader.byte() !== 0) unknown('resource');
  return at(scope, reader.u32());
}

/** Item `index` of an index space. @throws Malformed */
export function at<T>(space: readonly T[], index: number): T {
  if (index >= space.length) throw new Malformed(`there is no item ${index} of ${space.length}`);
  return space[index]!;
}

function functionType(reader: Reader, scope: readonly Type[]): string {
  const parameters = list(reader, () => {
    reader.name();
    return valueType(reader, scope);
  });
  return `func(${parameters})->${functionResult(reader, scope)}`;
}

function functionResult(reader: Reader, scope: readonly Type[]): string {
  if (reader.byte() === 0) return valueType(reader, scope);
  if (reader.byte() !== 0) unknown('named results');
  return '_';
}

/** An instance type has an index space of its own. */
function instanceType(reader: Reader, outer: readonly Type[]): InstanceType {
  const scope: Type[] = [];
  const exports = new Map<string, Type>();
  vector(reader, () => declaration(reader, outer, scope, exports));
  return exports;
}

function declaration(
  reader: Reader,
  outer: readonly Type[],
  scope: Type[],
  exports: Map<string, Type>,
): void {
  const kind = reader.byte();
  if (kind === 0x01) scope.push(readType(reader, scope));
  else if (kind === 0x02) scope.push(outerAlias(reader, [scope, outer]));
  else if (kind === 0x04) declareExport(reader, scope, exports);
  else unknown(`declaration 0x${kind.toString(16)}`);
}

/** `sort type, target outer, count, index`. */
function outerAlias(reader: Reader, scopes: readonly (readonly Type[])[]): Type {
  if (reader.byte() !== 0x03 || reader.byte() !== 0x02) unknown('alias within a type');
  const count = reader.u32();
  return at(scopes[count] ?? unknown('alias into a component around'), reader.u32());
}

function declareExport(reader: Reader, scope: Type[], exports: Map<string, Type>): void {
  const name = externName(reader);
  const kind = reader.byte();
  if (kind === 0x01) exports.set(name, at(scope, reader.u32()));
  else if (kind === 0x03) {
    const type = equalType(reader, scope);
    scope.push(type);
    exports.set(name, type);
  } else unknown(`export 0x${kind.toString(16)} of an instance`);
}

function valueType(reader: Reader, scope: readonly Type[]): string {
  // Types below zero are primitive; they take one byte, which no index begins with.
  const first = reader.peek();
  if (first >= 0x40 && first < 0x80) return PRIMITIVES[reader.byte()] ?? unknown('primitive type');
  const type = at(scope, reader.u32());
  return typeof type === 'string' ? type : unknown('instance as a value');
}

function optional(reader: Reader, scope: readonly Type[]): string {
  return reader.byte() === 0 ? '_' : valueType(reader, scope);
}

function list(reader: Reader, read: () => string): string {
  return vector(reader, read).join(',');
}

function label(reader: Reader): string {
  return reader.name();
}

function unknown(what: string): never {
  throw new Unfamiliar(what);
}
