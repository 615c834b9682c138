import type { JsonObject, JsonValue } from '../json.ts';
import { pointerParts, toPointer } from '../pointer.ts';

export type Schema = JsonObject | boolean;

/** A schema with its place in its document. */
export interface Place {
  readonly schema: Schema;
  /** JSON pointer to it; in a case that was told apart, with a word on which one it is. */
  readonly pointer: string;
  readonly root: Schema;
}

/** What one value must obey, all of it: a schema, what it refers to, and the branches of its `allOf`. */
export type Conjunction = readonly Place[];

export function rootPlace(root: Schema): Place {
  return { schema: root, pointer: '', root };
}

/** A schema within another; undefined where there is none. */
export function within(place: Place, ...parts: readonly (string | number)[]): Place | undefined {
  const schema = parts.reduce<JsonValue | undefined>(
    (value, part) => member(value, String(part)),
    place.schema,
  );
  return isSchema(schema) ? { ...place, schema, pointer: place.pointer + toPointer(parts) } : undefined;
}

/** A keyword of a schema; undefined for a boolean one. */
export function keyword({ schema }: Place, name: string): JsonValue | undefined {
  return member(schema, name);
}

/** The schemas in a list, such as the branches of `anyOf`. */
export function listed(place: Place, name: string): readonly Place[] {
  const list = keyword(place, name);
  return Array.isArray(list) ? list.flatMap((_, index) => within(place, name, index) ?? []) : [];
}

/** The schemas by name, such as those of `properties`. */
export function named(place: Place, name: string): ReadonlyMap<string, Place> {
  const map = keyword(place, name);
  const names = isObject(map) ? Object.keys(map) : [];
  return new Map(names.flatMap(each => [[each, within(place, name, each)!] as const]));
}

/** A schema with all that holds besides. What cannot be followed is left out: then less is known of the values. */
export function conjunctionOf(place: Place, seen: Set<string> = new Set()): Conjunction {
  if (seen.has(place.pointer)) return [];
  seen.add(place.pointer);
  const target = referred(place);
  return [
    place,
    ...(target ? conjunctionOf(target, seen) : []),
    ...listed(place, 'allOf').flatMap(branch => conjunctionOf(branch, seen)),
  ];
}

/** What `$ref` leads to within the document; undefined where it is absent or leads elsewhere. */
export function referred(place: Place): Place | undefined {
  const reference = keyword(place, '$ref');
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference) || rebased(place.root)) return undefined;
  const parts = pointerParts(decodeURIComponent(reference.slice(1)));
  return within(rootPlace(place.root), ...parts);
}

/** Whether a schema within the document has an `$id`: it is what `#` would refer to there. */
function rebased(root: Schema): boolean {
  return isObject(root) && Object.values(root).some(holdsId);
}

function holdsId(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '$id') || Object.values(value).some(holdsId);
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as JsonObject)[name];
}

function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'boolean' || isObject(value);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
