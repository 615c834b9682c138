import { LIMITS } from '../../base/limits.ts';
import { Stopped } from './asking/stopped.ts';

/**
 * The words of V8 and of jco's glue for each trap, and ours. What a run records must not change with versions, the engine's
 * tiers or addresses, so nothing of their text gets through.
 */
const TRAPS: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/unreachable/, 'unreachable code was reached'],
  [/memory access/, 'memory was accessed out of bounds'],
  [/divide by zero|remainder by zero/, 'an integer was divided by zero'],
  [/divide result unrepresentable|integer overflow/, 'an integer division overflowed'],
  [/float unrepresentable|invalid conversion to integer/, 'a float does not fit an integer'],
  [
    /table|null function|type mismatch|signature mismatch|illegal cast/,
    'a function was called by a wrong reference',
  ],
  [/segment|length out of range/, 'a segment was copied out of bounds'],
  [/allocation|out of memory|invalid (?:typed )?array (?:buffer )?length/i, 'memory ran out'],
];

const OTHER_TRAP = 'the code trapped';
const MISUSE = 'the canonical ABI was violated';

/**
 * Whether the engine's own stack ended, at a depth that depends on its tiers. Metered code runs out of its counted room long
 * before, so nothing may be concluded from this, and the sandbox dies of it.
 */
export function isEngineLimit(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}

/** The canonical message for what ended a guest. */
export function trapMessage(error: unknown): string {
  if (!(error instanceof Error)) return OTHER_TRAP;
  if (error instanceof Stopped) return guestText(error.message);
  const known = TRAPS.find(([pattern]) => pattern.test(error.message))?.[1];
  if (error instanceof WebAssembly.RuntimeError) return known ?? OTHER_TRAP;
  if (error instanceof RangeError) return known ?? MISUSE;
  return MISUSE;
}

/** A message of the guest, bounded and well-formed. */
export function guestText(text: unknown): string {
  return String(text).slice(0, LIMITS.messageLength).toWellFormed();
}
