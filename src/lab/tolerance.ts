import { canonicalJson } from '../base/canonical.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import { pointerParts } from '../base/pointer.ts';

/** Whether two numbers are one up to a relative error, measured against the larger of them. */
export type Tolerance = (recorded: number, actual: number) => boolean;

/** @param relative the largest relative error that counts as none, such as 1e-9 */
export function relativeTolerance(relative: number): Tolerance {
  return (recorded, actual) =>
    Math.abs(recorded - actual) <= relative * Math.max(Math.abs(recorded), Math.abs(actual));
}

/** Whether two values have one structure, with numbers that are equal up to the tolerance. All else must be equal exactly. */
export function agreeWithin(recorded: JsonValue, actual: JsonValue, tolerance: Tolerance): boolean {
  if (typeof recorded === 'number' && typeof actual === 'number') return tolerance(recorded, actual);
  if (!isNested(recorded) || !isNested(actual)) return recorded === actual;
  if (Array.isArray(recorded) !== Array.isArray(actual)) return false;
  const names = Object.keys(recorded);
  return (
    names.length === Object.keys(actual).length &&
    names.every(
      name =>
        Object.hasOwn(actual, name) &&
        agreeWithin((recorded as JsonObject)[name]!, (actual as JsonObject)[name]!, tolerance),
    )
  );
}

function isNested(value: JsonValue): value is JsonObject | JsonValue[] {
  return typeof value === 'object' && value !== null;
}

/** The value without the members that the pointers (RFC 6901) name; what they name and is not there is no matter. */
export function without(value: JsonValue, pointers: readonly string[]): JsonValue {
  return pointers.reduce((rest, pointer) => removed(rest, pointerParts(pointer)), value);
}

function removed(value: JsonValue, [name, ...rest]: readonly string[]): JsonValue {
  if (name === undefined) return null;
  if (!isNested(value) || !Object.hasOwn(value, name)) return value;
  if (Array.isArray(value))
    return value.map((each, at) => (String(at) === name ? removed(each, rest) : each));
  const entries = Object.entries(value).flatMap(([key, member]) => {
    if (key !== name) return [[key, member] as const];
    return rest.length === 0 ? [] : [[key, removed(member, rest)] as const];
  });
  return Object.fromEntries(entries);
}

/** Values as a multiset: in one order, whatever order they had. */
export function sorted(values: readonly JsonValue[]): readonly string[] {
  return values.map(canonicalJson).sort();
}
