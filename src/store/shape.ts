import { isDigest } from '../base/digest.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';

/** An effect of a record stands in a list of it, so that much deeper than a document may be. */
const MOST_LEVELS = LIMITS.jsonDepth + 5;

/** Says what is wrong with a value, with the place in it, or nothing. */
export type Shape = (value: JsonValue, place: string) => string | undefined;

/** Anything that is nested no deeper than a payload may be where it stands in a record. */
export const anything: Shape = (value, place) =>
  typeof value !== 'object' || isShallow(value, MOST_LEVELS) ? undefined : `${place} is nested too deeply`;
export const text: Shape = (value, place) =>
  typeof value === 'string' ? undefined : `${place} is not a string`;
/** A whole number from 0. */
export const count: Shape = (value, place) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : `${place} is not a whole number from 0`;
export const digest: Shape = (value, place) =>
  isDigest(value) ? undefined : `${place} is not a sha256 digest`;
export const object: Shape = (value, place) => (isObject(value) ? undefined : `${place} is not an object`);

/** One of these very values. */
export function only(...allowed: readonly (string | number | boolean)[]): Shape {
  return (value, place) =>
    allowed.some(one => one === value)
      ? undefined
      : `${place} is not one of ${allowed.map(one => JSON.stringify(one)).join(', ')}`;
}

export function nullable(shape: Shape): Shape {
  return (value, place) => (value === null ? undefined : shape(value, place));
}

export function listOf(shape: Shape): Shape {
  return (value, place) => {
    if (!Array.isArray(value)) return `${place} is not a list`;
    const index = value.findIndex(item => !fits(shape, item));
    return index < 0 ? undefined : shape(value[index], `${place}/${index}`);
  };
}

export function mapOf(shape: Shape): Shape {
  return (value, place) => {
    if (!isObject(value)) return `${place} is not an object`;
    const key = Object.keys(value).find(name => !fits(shape, value[name]!));
    return key === undefined ? undefined : shape(value[key]!, `${place}/${key}`);
  };
}

/** An object of exactly these members; `optional` ones may be absent. */
export function fields(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  const shapes = new Map(Object.entries({ ...required, ...optional }));
  const names = Object.keys(required);
  const members = [...shapes].map(([name, shape]) => ({ name, shape, needed: names.includes(name) }));
  /** Whether there are these members and no others; nearly always, and quickly told. */
  const right = (value: JsonObject): boolean => {
    let count = 0;
    for (const { name, shape, needed } of members) {
      const member = value[name];
      if (member === undefined && !needed) continue;
      if (member === undefined || !fits(shape, member)) return false;
      count += 1;
    }
    return Object.keys(value).length === count;
  };
  return (value, place) => {
    if (!isObject(value)) return `${place} is not an object`;
    if (right(value)) return undefined;
    const missing = names.find(name => !Object.hasOwn(value, name));
    if (missing !== undefined) return `${place}/${missing} is missing`;
    for (const name of Object.keys(value)) {
      const shape = shapes.get(name);
      if (!shape) return `${place}/${name} is unknown`;
      if (!fits(shape, value[name]!)) return shape(value[name]!, `${place}/${name}`);
    }
    return undefined;
  };
}

/** Places are put together for what is wrong only: nearly everything is right, and a frame has thousands of members. */
function fits(shape: Shape, value: JsonValue): boolean {
  return shape(value, '') === undefined;
}

function isShallow(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every(item => isShallow(item, levels - 1));
  const members = value as JsonObject;
  for (const key of Object.keys(members)) {
    const member = members[key]!;
    if (typeof member === 'object' && !isShallow(member, levels - 1)) return false;
  }
  return true;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
