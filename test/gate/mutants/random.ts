import { createHash } from 'node:crypto';

/** A stream of numbers that a text alone decides: SHA-256 of the text and a counter. */
export class Random {
  private readonly name: string;
  private pool = Buffer.alloc(0);
  private blocks = 0;

  constructor(name: string) {
    this.name = name;
  }

  bytes(length: number): Buffer {
    while (this.pool.length < length) {
      const block = createHash('sha256').update(`${this.name} ${this.blocks}`).digest();
      this.blocks += 1;
      this.pool = Buffer.concat([this.pool, block]);
    }
    const taken = this.pool.subarray(0, length);
    this.pool = this.pool.subarray(length);
    return Buffer.from(taken);
  }

  /** A whole number from 0 up to, but not including, `end`. */
  below(end: number): number {
    if (end < 1) throw new RangeError(`nothing is below ${end}`);
    return this.bytes(6).readUIntBE(0, 6) % end;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}
