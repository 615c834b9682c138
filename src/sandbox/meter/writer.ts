/** Bytes of a module in the making, in a buffer that grows. */
export class Writer {
  private bytes: Uint8Array;
  private size = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.size;
  }

  byte(value: number): this {
    if (this.size === this.bytes.length) this.grow(1);
    this.bytes[this.size++] = value;
    return this;
  }

  /** Several bytes: opcodes and small immediates. */
  code(...values: readonly number[]): this {
    for (const value of values) this.byte(value);
    return this;
  }

  /** Unsigned LEB128. */
  u32(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    return this.byte(rest);
  }

  /** Signed LEB128 of an integer of at most 32 bits. */
  s32(value: number): this {
    let rest = value;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if (rest === (low & 0x40 ? -1 : 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  /** Room for a number that becomes known later, {@link fix}; returns where it is. */
  reserve(): number {
    this.code(0x80, 0x80, 0x80, 0x00);
    return this.size - 4;
  }

  /** Writes a number below 2^27 into reserved room, as LEB128 that both signednesses read alike. */
  fix(at: number, value: number): void {
    for (let index = 0; index < 4; index += 1) {
      this.bytes[at + index] = ((value >> (7 * index)) & 0x7f) | (index < 3 ? 0x80 : 0);
    }
  }

  raw(part: Uint8Array): this {
    if (this.size + part.length > this.bytes.length) this.grow(part.length);
    this.bytes.set(part, this.size);
    this.size += part.length;
    return this;
  }

  /** A part with its length before it. */
  sized(part: Uint8Array): this {
    return this.u32(part.length).raw(part);
  }

  /** A view of what was written; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.size);
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.size + by));
    larger.set(this.view());
    this.bytes = larger;
  }
}
