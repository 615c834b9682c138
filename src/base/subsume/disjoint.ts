import { canonicalJson } from '../canonical.ts';
import { kindsOf, requiredOf, valuesOf } from './known.ts';
import { type Conjunction, conjunctionOf, named } from './place.ts';

/** Whether no value obeys both: they differ in their kind, or in a member that the first requires and both list the values of. */
export function areDisjoint(first: Conjunction, other: Conjunction): boolean {
  const kinds = kindsOf(first);
  if (kinds.isDisjointFrom(kindsOf(other)) || differ(first, other)) return true;
  if (!kinds.isSubsetOf(new Set(['object']))) return false;
  return [...requiredOf(first)].some(name => differ(memberSchemas(first, name), memberSchemas(other, name)));
}

function memberSchemas(places: Conjunction, name: string): Conjunction {
  return places.flatMap(place => {
    const schema = named(place, 'properties').get(name);
    return schema ? conjunctionOf(schema) : [];
  });
}

/** Whether both list their values, and share none. */
function differ(first: Conjunction, other: Conjunction): boolean {
  const [values, others] = [valuesOf(first), valuesOf(other)];
  if (!values || !others) return false;
  const texts = new Set(others.map(value => canonicalJson(value)));
  return values.every(value => !texts.has(canonicalJson(value)));
}
