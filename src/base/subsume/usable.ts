import type { JsonObject, JsonValue } from '../json.ts';
import { isObject, type Place, referred, rootPlace, type Schema } from './place.ts';

type Shape = (value: JsonValue) => boolean;

const isNumber: Shape = value => typeof value === 'number';
const isText: Shape = value => typeof value === 'string';
const isNames: Shape = value => Array.isArray(value) && value.every(isText);
const isPattern: Shape = value => worksOn(value, text => new RegExp(text, 'u'));

/** What keywords must be for a comparison to make sense of them. */
const SHAPES: Readonly<Record<string, Shape>> = {
  $ref: value => worksOn(value, decodeURIComponent),
  type: value => isText(value) || isNames(value),
  enum: value => Array.isArray(value),
  ...named(isNumber, 'minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'),
  ...named(isNumber, 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'),
  uniqueItems: value => typeof value === 'boolean',
  required: isNames,
  dependentRequired: value => isObject(value) && Object.values(value).every(isNames),
  pattern: isPattern,
  ...named(isObject, '$defs', 'properties'),
  patternProperties: value => isObject(value) && Object.keys(value).every(isPattern),
  ...named(value => Array.isArray(value) && value.length > 0, 'allOf', 'anyOf', 'oneOf', 'prefixItems'),
};

/** Keywords that hold schemas: by name, in a list, or one. */
const BY_NAME = ['$defs', 'properties', 'patternProperties'];
const LISTED = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SINGLE = ['additionalProperties', 'items'];

/**
 * Whether a document is a schema that can be compared, with all that it refers to. What else may be wrong with it only makes less follow
 * from it.
 */
export function isComparable(root: JsonValue): root is Schema {
  const open: JsonValue[] = [root];
  const seen = new Set<JsonValue>();
  for (let schema = open.pop(); schema !== undefined; schema = open.pop()) {
    if (typeof schema === 'boolean' || seen.has(schema)) continue;
    if (!isObject(schema) || !hasShape(schema)) return false;
    seen.add(schema);
    const place: Place = { ...rootPlace(root as Schema), schema };
    open.push(...partsOf(schema), ...[referred(place)?.schema ?? []].flat());
  }
  return true;
}

function partsOf(schema: JsonObject): readonly JsonValue[] {
  const of = (names: readonly string[]) =>
    names.flatMap(name => (Object.hasOwn(schema, name) ? [schema[name]!] : []));
  return [
    ...of(BY_NAME).flatMap(map => Object.values(map as JsonObject)),
    ...of(LISTED).flatMap(list => list as readonly JsonValue[]),
    ...of(SINGLE),
  ];
}

function hasShape(schema: JsonObject): boolean {
  return Object.entries(schema).every(
    ([name, value]) => !Object.hasOwn(SHAPES, name) || SHAPES[name]!(value),
  );
}

function worksOn(value: JsonValue, work: (text: string) => unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    work(value);
    return true;
  } catch {
    return false;
  }
}

function named(shape: Shape, ...names: readonly string[]): Record<string, Shape> {
  return Object.fromEntries(names.map(name => [name, shape]));
}
