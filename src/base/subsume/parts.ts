import { smallest } from './known.ts';
import type { Matches } from './pattern.ts';
import { type Conjunction, conjunctionOf, listed, named, type Place, rootPlace, within } from './place.ts';

/** A part of a value as two schemas see it: all that the narrow one says of it, and one thing that the wide one asks. */
export type Part = readonly [Conjunction, Place];

const ANYTHING: Conjunction = [rootPlace(true)];

/** What the wide schema asks of members, by the three keywords that share them out. */
export function membersOf(places: Conjunction, wide: Place, matches: Matches): readonly Part[] {
  const memberOf = (name: string) => memberIn(places, name, matches);
  const listedNames = named(wide, 'properties');
  const patterns = named(wide, 'patternProperties');
  const rest = within(wide, 'additionalProperties');
  const here = new Set(places.flatMap(place => [...named(place, 'properties').keys()]));
  const others = [...here].filter(
    name => !listedNames.has(name) && ![...patterns.keys()].some(pattern => matches(name, pattern)),
  );
  return [
    ...[...listedNames].map(([name, schema]): Part => [memberOf(name), schema]),
    ...[...patterns].flatMap(([pattern, schema]) => patternParts(places, here, [pattern, schema], matches)),
    ...(rest ? others.map((name): Part => [memberOf(name), rest]) : []),
    ...(rest
      ? unnamed(places, name => !patterns.has(name)).map((conjunction): Part => [conjunction, rest])
      : []),
  ];
}

/** A pattern that the narrow schema has too says all that there is to say of its names. */
function patternParts(
  places: Conjunction,
  here: ReadonlySet<string>,
  [pattern, schema]: readonly [string, Place],
  matches: Matches,
): Part[] {
  const same = places.map(place => named(place, 'patternProperties').get(pattern)).find(Boolean);
  if (same) return [[conjunctionOf(same), schema]];
  const matching = [...here].filter(name => matches(name, pattern));
  const conjunctions = [
    ...matching.map(name => memberIn(places, name, matches)),
    ...unnamed(places, () => true),
  ];
  return conjunctions.map((conjunction): Part => [conjunction, schema]);
}

/** All that holds for the member of a name. */
function memberIn(places: Conjunction, name: string, matches: Matches): Conjunction {
  return orAnything(
    places.flatMap(place => {
      const own = named(place, 'properties').get(name);
      const matched = [...named(place, 'patternProperties')].flatMap(([pattern, schema]) =>
        matches(name, pattern) ? [schema] : [],
      );
      const found = [...(own ? [own] : []), ...matched];
      const rest = within(place, 'additionalProperties');
      return found.length > 0 ? found : rest ? [rest] : [];
    }),
  );
}

/** What holds for members that no schema here names: those of each pattern, and those of none. */
function unnamed(places: Conjunction, wanted: (pattern: string) => boolean): Conjunction[] {
  const byPattern = places.flatMap(place =>
    [...named(place, 'patternProperties')].flatMap(([pattern, schema]) =>
      wanted(pattern) ? [conjunctionOf(schema)] : [],
    ),
  );
  const rest = orAnything(places.flatMap(place => within(place, 'additionalProperties') ?? []));
  return [...byPattern, rest];
}

/** What the wide schema asks of items, place by place. */
export function itemsOf(places: Conjunction, wide: Place): readonly Part[] {
  const prefix = listed(wide, 'prefixItems');
  const rest = within(wide, 'items');
  const here = Math.max(...places.map(place => listed(place, 'prefixItems').length));
  const longest = smallest(places, 'maxItems');
  const known = Math.max(here, prefix.length);
  const parts: Part[] = [];
  for (let index = 0; index < Math.min(known, longest); index += 1) {
    const asked = prefix[index] ?? rest;
    if (asked) parts.push([itemOf(places, index), asked]);
  }
  if (rest && longest > known) parts.push([itemOf(places, known), rest]);
  return parts;
}

function itemOf(places: Conjunction, index: number): Conjunction {
  return orAnything(
    places.flatMap(place => listed(place, 'prefixItems')[index] ?? within(place, 'items') ?? []),
  );
}

function orAnything(schemas: readonly Place[]): Conjunction {
  return schemas.length === 0 ? ANYTHING : schemas.flatMap(schema => conjunctionOf(schema));
}
