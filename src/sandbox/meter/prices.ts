import type { Decoder } from './decoder.ts';
import { OP } from './opcodes.ts';

/** Eighths of a unit of fuel for each byte, element or page. */
const BYTE = 1;
const ELEMENT = 8;
const PAGE = 8192;
const BULK_PRICES: Readonly<Record<number, number>> = {
  8: BYTE,
  10: BYTE,
  11: BYTE,
  12: ELEMENT,
  14: ELEMENT,
  15: ELEMENT,
  17: ELEMENT,
};

/** What an instruction takes for each unit of the size on top of the stack; undefined when its size is fixed. */
export function priceOf({ prefix, opcode }: Decoder): number | undefined {
  if (prefix === 0) return opcode === OP.memoryGrow ? PAGE : undefined;
  return prefix === OP.bulk ? BULK_PRICES[opcode] : undefined;
}
