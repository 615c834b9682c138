import { sha256Raw } from '../../base/digest.ts';

const WORDS = 8;

/** Numbers that follow from a seed: SHA-256 in counter mode, four bytes each. */
export class Dice {
  private readonly seed: string;
  private block: DataView = new DataView(new ArrayBuffer(0));
  private taken = 0;

  constructor(seed: string) {
    this.seed = seed;
  }

  /** A whole number from 0, below `limit`, which is at most 2^32. */
  below(limit: number): number {
    const word = this.taken % WORDS;
    if (word === 0) {
      const bytes = sha256Raw(`vnes audit 1\0${this.seed}\0${this.taken / WORDS}`);
      this.block = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.taken += 1;
    return this.block.getUint32(4 * word) % limit;
  }

  /** From 0 to below 1. */
  fraction(): number {
    return this.below(2 ** 32) / 2 ** 32;
  }

  /** Whether something that happens once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of several; there must be one. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
