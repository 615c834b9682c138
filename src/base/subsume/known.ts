import type { JsonValue } from '../json.ts';
import { type Conjunction, isObject, keyword } from './place.ts';

/** Kinds of values. `number` is here what is no integer. */
const KINDS = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf(value: JsonValue): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as Kind;
}

/** The kinds that a `type` names. */
export function kindsNamed(type: JsonValue): ReadonlySet<Kind> {
  const names = (Array.isArray(type) ? type : [type]) as Kind[];
  return new Set(names.flatMap(name => (name === 'number' ? (['integer', 'number'] as const) : [name])));
}

/** The kinds that values of a conjunction can have. */
export function kindsOf(places: Conjunction): ReadonlySet<Kind> {
  const values = listedValues(places);
  const listed = new Set<Kind>(values ? values.map(kindOf) : KINDS);
  return stated(places, 'type').reduce<Set<Kind>>(
    (kinds, type) => kinds.intersection(kindsNamed(type)),
    listed,
  );
}

/** All values of a conjunction, and perhaps more; undefined when there are too many to list. */
export function valuesOf(places: Conjunction): readonly JsonValue[] | undefined {
  const kinds = kindsOf(places);
  const values = listedValues(places);
  if (values) return values.filter(value => kinds.has(kindOf(value)));
  if (kinds.difference(new Set<Kind>(['null', 'boolean'])).size > 0) return undefined;
  return [...(kinds.has('null') ? [null] : []), ...(kinds.has('boolean') ? [true, false] : [])];
}

function listedValues(places: Conjunction): readonly JsonValue[] | undefined {
  for (const place of places) {
    const single = keyword(place, 'const');
    if (single !== undefined) return [single];
    const several = keyword(place, 'enum');
    if (Array.isArray(several)) return several as readonly JsonValue[];
  }
  return undefined;
}

/** What any schema of a conjunction says under a keyword. */
export function stated(places: Conjunction, name: string): readonly JsonValue[] {
  return places.flatMap(place => {
    const value = keyword(place, name);
    return value === undefined ? [] : [value];
  });
}

/** The largest number under a keyword. */
export function largest(places: Conjunction, name: string): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...(stated(places, name) as number[]));
}

/** The smallest number under a keyword. */
export function smallest(places: Conjunction, name: string): number {
  return Math.min(Number.POSITIVE_INFINITY, ...(stated(places, name) as number[]));
}

/** Members that every object of a conjunction has. */
export function requiredOf(places: Conjunction): ReadonlySet<string> {
  return new Set((stated(places, 'required') as string[][]).flat());
}

/** Members that an object with this one has, by `dependentRequired`. */
export function requiredWith(places: Conjunction, name: string): ReadonlySet<string> {
  const maps = stated(places, 'dependentRequired').filter(isObject);
  return new Set(maps.flatMap(map => (Object.hasOwn(map, name) ? (map[name] as string[]) : [])));
}
