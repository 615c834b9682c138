import type { JsonObject, JsonValue } from '../json.ts';
import { type Conjunction, conjunctionOf, keyword, listed, type Place } from './place.ts';

/** Values that are told apart one by one. */
const MOST = 64;

type Cases = (places: Conjunction) => readonly Conjunction[] | undefined;

/** The ways in which a conjunction falls into cases, one of which holds for each value. Undefined where it does not. */
export const CASES: readonly Cases[] = [
  branches('anyOf'),
  branches('oneOf'),
  values('type', value => ({ type: value })),
  values('enum', value => ({ const: value })),
];

function branches(name: 'anyOf' | 'oneOf'): Cases {
  return places => {
    const place = places.find(each => keyword(each, name) !== undefined);
    return (
      place &&
      listed(place, name).map(branch => [
        ...without(places, place, name, branch.pointer, {}),
        ...conjunctionOf(branch),
      ])
    );
  };
}

function values(name: 'type' | 'enum', one: (value: JsonValue) => JsonObject): Cases {
  return places => {
    const place = places.find(each => Array.isArray(keyword(each, name)));
    const list = place && (keyword(place, name) as readonly JsonValue[]);
    if (!place || !list || list.length > MOST) return undefined;
    return list.map((value, index) => without(places, place, name, `${name}[${index}]`, one(value)));
  };
}

/** The conjunction with other words in place of one keyword; the pointer tells the cases apart. */
function without(
  places: Conjunction,
  place: Place,
  name: string,
  which: string,
  instead: JsonObject,
): Conjunction {
  const { [name]: _, ...kept } = place.schema as JsonObject;
  const changed = { ...place, schema: { ...kept, ...instead }, pointer: `${place.pointer}?${which}` };
  return places.map(each => (each === place ? changed : each));
}
