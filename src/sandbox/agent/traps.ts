import { LIMITS } from '../../base/limits.ts';

/**
 * V8's words for each trap, and ours. What a run records must not change with the engine's version, its tiers or addresses,
 * so nothing of the engine's text gets through.
 */
const TRAPS: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/unreachable/, 'unreachable code was reached'],
  [/call stack|recursion/i, 'the call stack overflowed'],
  [/memory access out of bounds/, 'memory was accessed out of bounds'],
  [/divide by zero|remainder by zero/, 'an integer was divided by zero'],
  [/divide result unrepresentable/, 'an integer division overflowed'],
  [/float unrepresentable/, 'a float does not fit an integer'],
  [
    /table index|table access|null function|signature mismatch|illegal cast/,
    'a function was called by a wrong reference',
  ],
  [/(?:data|element) segment|length out of range/, 'a segment was copied out of bounds'],
  [/allocation|out of memory|invalid (?:typed )?array (?:buffer )?length/i, 'memory ran out'],
];

const OTHER_TRAP = 'the code trapped';
const MISUSE = 'the canonical ABI was violated';

/** The canonical message for what ended a guest. */
export function trapMessage(error: unknown): string {
  if (!(error instanceof Error)) return OTHER_TRAP;
  const known = TRAPS.find(([pattern]) => pattern.test(error.message))?.[1];
  if (error instanceof WebAssembly.RuntimeError) return known ?? OTHER_TRAP;
  if (error instanceof RangeError) return known ?? MISUSE;
  return MISUSE;
}

/** A message of the guest, bounded and well-formed. */
export function guestText(text: unknown): string {
  return String(text).slice(0, LIMITS.messageLength).toWellFormed();
}
