/** What a {@link Reader} throws: the bytes end too soon or an integer is malformed. Owners turn it into a diagnostic. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Reads the primitives of the WebAssembly binary format (core specification, section 5.2), checking every bound. */
export class Reader {
  at: number;
  readonly end: number;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw new Malformed(`the bytes end at offset ${this.at}`);
    return this.bytes[this.at++]!;
  }

  /** The next byte, which stays where it is. */
  peek(): number {
    const byte = this.byte();
    this.at -= 1;
    return byte;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Malformed(`an integer that ends at offset ${this.at} is too long`);
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    return this.leb(10);
  }

  /** `size` bytes as a view. */
  slice(size: number): Uint8Array {
    if (size > this.end - this.at)
      throw new Malformed(`${size} bytes are promised at offset ${this.at}, the data ends before`);
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  /** A name: its length and UTF-8. */
  name(): string {
    const bytes = this.slice(this.u32());
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Malformed(`a name that ends at offset ${this.at} is not UTF-8`);
    }
  }

  private leb(maxBytes: number): bigint {
    let value = 0n;
    for (let index = 0; index < maxBytes; index += 1) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return value;
    }
    throw new Malformed(`an integer that ends at offset ${this.at} is too long`);
  }
}

/** A section of a module or component: its number, where it starts (its number included) and its contents. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** Far more than any module or component has. */
const MOST_SECTIONS = 100_000;

/** The top-level sections after the eight bytes of the preamble. @throws Malformed */
export function sectionsOf(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes, 8);
  const sections: Section[] = [];
  while (reader.at < reader.end) {
    if (sections.length === MOST_SECTIONS) throw new Malformed(`more than ${MOST_SECTIONS} sections`);
    const start = reader.at;
    const id = reader.byte();
    const size = reader.u32();
    const body = reader.at;
    reader.slice(size);
    sections.push({ id, start, body, end: reader.at });
  }
  return sections;
}

/** Whether the bytes begin with the magic number and this version and layer. */
export function hasPreamble(bytes: Uint8Array, version: readonly number[]): boolean {
  return [0x00, 0x61, 0x73, 0x6d, ...version].every((byte, index) => bytes[index] === byte);
}

/** Version and layer of a core module and of a component (Component Model, Binary.md). */
export const CORE_MODULE = [0x01, 0x00, 0x00, 0x00] as const;
export const COMPONENT = [0x0d, 0x00, 0x01, 0x00] as const;
