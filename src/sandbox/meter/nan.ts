import type { Decoder } from './decoder.ts';
import { BLIND, NAN_RESULT, type Shape, SIMD_NAN_RESULT } from './floats.ts';
import { OP } from './opcodes.ts';

/** Shape of an instruction's result when it can be a NaN of the engine's choice. */
export function resultOf({ prefix, opcode }: Decoder): Shape | undefined {
  if (prefix === OP.simd) return SIMD_NAN_RESULT[opcode];
  return prefix === OP.bulk ? undefined : NAN_RESULT[opcode];
}

/** Whether the next instruction takes the value and shows nothing of a NaN's bits. */
export function isBlind({ prefix, opcode }: Decoder, shape: Shape): boolean {
  if (prefix === 0) return BLIND[opcode]!;
  if (prefix === OP.bulk) return opcode <= LAST_SATURATING;
  return SIMD_NAN_RESULT[opcode] === shape && !CHANGES_LANES.includes(opcode);
}

const LAST_SATURATING = 7;
/** `demote` and `promote`, which read lanes of another shape than they give. */
const CHANGES_LANES: readonly number[] = [94, 95];
