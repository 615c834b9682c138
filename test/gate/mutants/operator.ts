import type { Subject } from './capsule.ts';
import type { Originals } from './originals.ts';
import type { Random } from './random.ts';

export interface Mutation {
  readonly random: Random;
  readonly originals: Originals;
}

/** One way to change a capsule, its receipt or the trust file. Undefined when it does not apply to this subject. */
export interface Operator {
  readonly name: string;
  readonly apply: (subject: Subject, mutation: Mutation) => Subject | undefined;
  /** The change leaves what was signed as it was, and still has to be refused, because vnes says so. */
  readonly refused?: true;
}

/** The bytes with one bit turned over. */
export function flipBit(bytes: Buffer, random: Random, from = 0, to = bytes.length): Buffer {
  const copy = Buffer.from(bytes);
  const at = from + random.below(to - from);
  copy[at]! ^= 1 << random.below(8);
  return copy;
}

/** Other bytes, or undefined when these cannot be changed so. */
export type Change = (bytes: Buffer, random: Random) => Buffer | undefined;

/** Small changes of bytes; each gives other bytes, or undefined when it cannot. */
export const CHANGES: Readonly<Record<string, Change>> = {
  'one bit turned': (bytes, random) => (bytes.length > 0 ? flipBit(bytes, random) : undefined),
  'one byte more': (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(1), bytes.subarray(at)]);
  },
  'one byte less': (bytes, random) => {
    if (bytes.length === 0) return undefined;
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  },
  'the end cut off': (bytes, random) =>
    bytes.length > 0 ? bytes.subarray(0, random.below(bytes.length)) : undefined,
  'more at the end': (bytes, random) => Buffer.concat([bytes, random.bytes(1 + random.below(64))]),
  'a part repeated': (bytes, random) => {
    if (bytes.length === 0) return undefined;
    const from = random.below(bytes.length);
    const to = from + 1 + random.below(bytes.length - from);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  'zeroes written over a part': (bytes, random) => {
    if (bytes.length === 0) return undefined;
    const from = random.below(bytes.length);
    return Buffer.from(bytes).fill(0, from, Math.min(bytes.length, from + 1 + random.below(16)));
  },
};
