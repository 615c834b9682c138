import { createContext, Script } from 'node:vm';
import { fail } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { formOf } from '../base/subsume/pattern.ts';
import type { Schema } from '../base/subsume/place.ts';

/**
 * Whether a schema holds a pattern for which an engine may go back and try again for longer than anybody waits, or for long texts at
 * least. Everything called `pattern` is looked at, also where it is none.
 */
export function mayTakeLong(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(([name, value]) => {
    if (name === 'pattern' && typeof value === 'string' && !isQuick(value)) return true;
    if (name === 'patternProperties' && !Object.keys(value ?? {}).every(isQuick)) return true;
    return mayTakeLong(value);
  });
}

/** Parts of a pattern that may be left out or be one of several; each doubles the ways at most. */
const MOST_OPTIONS = 6;

/** One that begins at the beginning and repeats at most one thing, which is no group, takes one pass for each of a few ways. */
function isQuick(pattern: string): boolean {
  const { bare, repeatsGroup, repetitions, omissions, alternatives } = formOf(pattern);
  return (
    !repeatsGroup &&
    (repetitions === 0 || (repetitions === 1 && bare.startsWith('^'))) &&
    omissions + alternatives <= MOST_OPTIONS
  );
}

let work: () => unknown = () => undefined;
const WORK = new Script('work()');
let context: object | undefined;

/**
 * What `compute` comes to. It is broken off when it takes too long, also in the middle of a regular expression; that takes a thread to
 * watch it, some 50 µs. `schema` names what is to blame.
 * @throws Failure VNES7009
 */
export function inTime<Value>(compute: () => Value, schema: string): Value {
  context ??= createContext({ work: () => work() });
  work = compute;
  try {
    return WORK.runInContext(context, { timeout: LIMITS.patternMs }) as Value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return tooLong(schema);
  }
}

function tooLong(schema: string): never {
  return fail('VNES7009', 'a pattern of a schema takes too long', {
    place: { file: schema },
    expected: `an answer within ${LIMITS.patternMs} ms`,
    found: 'a pattern that can match a text in very many ways',
    help: 'begin it with ^, and repeat nothing that holds a repetition or a choice',
  });
}

/** A comparison or check by this schema, with a time limit where its patterns ask for one. */
export function guarded<Args extends readonly unknown[], Value>(
  schemas: readonly Schema[],
  file: string,
  compute: (...args: Args) => Value,
): (...args: Args) => Value {
  if (!schemas.some(mayTakeLong)) return compute;
  return (...args) => inTime(() => compute(...args), file);
}
