import { canonicalJson } from '../canonical.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import {
  type Kind,
  kindOf,
  kindsNamed,
  kindsOf,
  largest,
  requiredOf,
  requiredWith,
  smallest,
  stated,
  valuesOf,
} from './known.ts';
import type { Matches } from './pattern.ts';
import type { Conjunction } from './place.ts';

/** A keyword that asserts something of a value by itself. */
interface Assertion {
  /** Kinds of values that it speaks about; without it, all. */
  readonly kinds?: readonly Kind[];
  /** Whether one value obeys. */
  readonly holds: (value: JsonValue, limit: JsonValue, matches: Matches) => boolean;
  /** Whether all values of a conjunction obey, by what its schemas say. */
  readonly follows: (limit: JsonValue, places: Conjunction) => boolean;
}

const NUMBERS: readonly Kind[] = ['integer', 'number'];

/** The assertions of JSON Schema 2020-12, and what each follows from. */
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  type: {
    holds: (value, limit) => kindsNamed(limit).has(kindOf(value)),
    follows: (limit, places) => kindsOf(places).isSubsetOf(kindsNamed(limit)),
  },
  const: { holds: same, follows: () => false },
  enum: {
    holds: (value, limit) => (limit as JsonValue[]).some(each => same(value, each)),
    follows: () => false,
  },
  minimum: number(
    (value, limit) => value >= limit,
    (limit, places) => Math.max(largest(places, 'minimum'), largest(places, 'exclusiveMinimum')) >= limit,
  ),
  exclusiveMinimum: number(
    (value, limit) => value > limit,
    (limit, places) => largest(places, 'minimum') > limit || largest(places, 'exclusiveMinimum') >= limit,
  ),
  maximum: number(
    (value, limit) => value <= limit,
    (limit, places) => Math.min(smallest(places, 'maximum'), smallest(places, 'exclusiveMaximum')) <= limit,
  ),
  exclusiveMaximum: number(
    (value, limit) => value < limit,
    (limit, places) => smallest(places, 'maximum') < limit || smallest(places, 'exclusiveMaximum') <= limit,
  ),
  multipleOf: number(isMultiple, (limit, places) =>
    [...stated(places, 'multipleOf'), ...(kindsOf(places).has('number') ? [] : [1])].some(
      each => each === limit || isMultiple(each as number, limit),
    ),
  ),
  minLength: atLeast('string', 'minLength', value => [...(value as string)].length),
  maxLength: atMost('string', 'maxLength', value => [...(value as string)].length),
  pattern: {
    kinds: ['string'],
    holds: (value, limit, matches) => matches(value as string, limit as string),
    follows: (limit, places) => stated(places, 'pattern').includes(limit),
  },
  minItems: atLeast('array', 'minItems', value => (value as JsonValue[]).length),
  maxItems: atMost('array', 'maxItems', value => (value as JsonValue[]).length),
  uniqueItems: {
    kinds: ['array'],
    holds: (value, limit) => limit === false || areUnique(value as JsonValue[]),
    follows: (limit, places) =>
      limit === false || stated(places, 'uniqueItems').includes(true) || smallest(places, 'maxItems') <= 1,
  },
  required: {
    kinds: ['object'],
    holds: (value, limit) => (limit as string[]).every(name => Object.hasOwn(value as JsonObject, name)),
    follows: (limit, places) => new Set(limit as string[]).isSubsetOf(requiredOf(places)),
  },
  dependentRequired: {
    kinds: ['object'],
    holds: () => false,
    follows: (limit, places) =>
      Object.entries(limit as JsonObject).every(([name, names]) =>
        new Set(names as string[]).isSubsetOf(requiredOf(places).union(requiredWith(places, name))),
      ),
  },
  minProperties: {
    ...atLeast('object', 'minProperties', value => Object.keys(value as JsonObject).length),
    follows: (limit, places) =>
      Math.max(largest(places, 'minProperties'), requiredOf(places).size) >= (limit as number),
  },
  maxProperties: atMost('object', 'maxProperties', value => Object.keys(value as JsonObject).length),
};

/** Whether all values of a conjunction obey an assertion; undefined when it is none. */
export function obeys(
  name: string,
  limit: JsonValue,
  places: Conjunction,
  matches: Matches,
): boolean | undefined {
  const assertion = Object.hasOwn(ASSERTIONS, name) ? ASSERTIONS[name] : undefined;
  if (!assertion) return undefined;
  const concerned = (kind: Kind) => assertion.kinds?.includes(kind) ?? true;
  if (![...kindsOf(places)].some(concerned)) return true;
  const values = valuesOf(places)?.filter(value => concerned(kindOf(value)));
  return values?.every(value => assertion.holds(value, limit, matches)) || assertion.follows(limit, places);
}

function number(
  holds: (value: number, limit: number) => boolean,
  follows: (limit: number, places: Conjunction) => boolean,
): Assertion {
  return {
    kinds: NUMBERS,
    holds: (value, limit) => holds(value as number, limit as number),
    follows: (limit, places) => follows(limit as number, places),
  };
}

function atLeast(kind: Kind, name: string, sizeOf: (value: JsonValue) => number): Assertion {
  return {
    kinds: [kind],
    holds: (value, limit) => sizeOf(value) >= (limit as number),
    follows: (limit, places) => Math.max(0, largest(places, name)) >= (limit as number),
  };
}

function atMost(kind: Kind, name: string, sizeOf: (value: JsonValue) => number): Assertion {
  return {
    kinds: [kind],
    holds: (value, limit) => sizeOf(value) <= (limit as number),
    follows: (limit, places) => smallest(places, name) <= (limit as number),
  };
}

/** Decided for whole numbers only: the quotient of others may be rounded. */
function isMultiple(value: number, limit: number): boolean {
  return Number.isSafeInteger(value) && Number.isSafeInteger(limit) && value % limit === 0;
}

function areUnique(items: readonly JsonValue[]): boolean {
  return new Set(items.map(item => canonicalJson(item))).size === items.length;
}

function same(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
