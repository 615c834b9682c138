import { canonicalJson } from '../base/canonical.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import { toPointer } from '../base/pointer.ts';

/** A place at which two values differ. */
export interface ValueDifference {
  /** JSON pointer (RFC 6901); empty for the values as a whole. */
  readonly pointer: string;
  /** Absent on the side that has no such member. */
  readonly recorded?: JsonValue;
  readonly actual?: JsonValue;
}

/** The smallest parts in which two values differ, in the order of their members, at most `most`. */
export function differencesBetween(
  recorded: JsonValue | undefined,
  actual: JsonValue | undefined,
  most: number,
): readonly ValueDifference[] {
  const found: ValueDifference[] = [];
  compare(recorded, actual, '', difference => {
    if (found.length < most) found.push(difference);
    return found.length < most;
  });
  return found;
}

/** Reports each difference to `tell` until it says no more; false then. */
function compare(
  was: JsonValue | undefined,
  is: JsonValue | undefined,
  pointer: string,
  tell: (difference: ValueDifference) => boolean,
): boolean {
  if (was !== undefined && is !== undefined && canonicalJson(was) === canonicalJson(is)) return true;
  if (!isNested(was) || !isNested(is) || Array.isArray(was) !== Array.isArray(is)) {
    return tell({
      pointer,
      ...(was === undefined ? {} : { recorded: was }),
      ...(is === undefined ? {} : { actual: is }),
    });
  }
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names].every(name =>
    compare(member(was, name), member(is, name), pointer + toPointer([name]), tell),
  );
}

function isNested(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

function member(value: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
