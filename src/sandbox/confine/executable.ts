const HEADER_BYTES = 64 + 56;
const ALIGNMENT = 16;

/** Bytes that stand for themselves, or bytes with the address of others in them: `{ bytes, pointer }` writes that of `to` at `at`. */
export type Datum = Uint8Array | PointingBytes;

export interface PointingBytes {
  readonly bytes: Uint8Array;
  readonly pointer: { readonly at: number; readonly to: Uint8Array };
}

/** What the code of a small program points to; it lies right behind the header, so that addresses are known before the code is. */
export class Data {
  private readonly parts: Buffer[] = [];
  private size = 0;
  private readonly base: number;

  /** `base` is where the program is loaded to. */
  constructor(base: number) {
    this.base = base;
  }

  /** The address that it will have. */
  add(datum: Datum): bigint {
    if (datum instanceof Uint8Array) return this.append(datum);
    const { bytes, pointer } = datum;
    const pointing = Buffer.from(bytes);
    pointing.writeBigUInt64LE(this.append(pointer.to), pointer.at);
    return this.append(pointing);
  }

  /** The address of a list of texts, as the kernel takes arguments and environments. */
  addTexts(texts: readonly string[]): bigint {
    const addresses = texts.map(text => this.append(Buffer.from(`${text}\0`)));
    return this.append(Buffer.concat([...addresses, 0n].map(toWord)));
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  private append(part: Uint8Array): bigint {
    const address = this.base + HEADER_BYTES + this.size;
    const padded = Buffer.alloc(Math.ceil(part.length / 8) * 8);
    padded.set(part);
    this.parts.push(padded);
    this.size += padded.length;
    return BigInt(address);
  }
}

function toWord(value: bigint): Buffer {
  const word = Buffer.alloc(8);
  word.writeBigUInt64LE(value);
  return word;
}

/** An ELF file of one segment that is loaded as it is (elf(5)), to `base`. `machine` is the architecture's number. */
export function executable(machine: number, base: number, data: Buffer, code: Buffer): Uint8Array {
  const start = Math.ceil((HEADER_BYTES + data.length) / ALIGNMENT) * ALIGNMENT;
  const file = Buffer.alloc(start + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(base + start), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  // The segment: to be loaded, readable and executable, the whole file.
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(BigInt(base), 80);
  file.writeBigUInt64LE(BigInt(base), 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1_0000n, 112);
  file.set(data, HEADER_BYTES);
  file.set(code, start);
  return file;
}
