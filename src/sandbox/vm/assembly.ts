import { x64Arguments, x64Call } from '../confine/machine-code.ts';
import { numberOf, type Syscall } from '../confine/syscalls.ts';

/** Jumps over a distance of 32 bits: always, and by what the last comparison was. */
const JUMPS = {
  always: [0xe9],
  zero: [0x0f, 0x84],
  notZero: [0x0f, 0x85],
  negative: [0x0f, 0x88],
  notPositive: [0x0f, 0x8e],
} as const;

/** Registers that the kernel leaves as they are, by their numbers; and those of a call's arguments, in turn. */
const KEPT = { rbx: 3, rsp: 4, r12: 12, r13: 13 } as const;
const ARGUMENTS = [7, 6, 2, 10, 8, 9] as const;

/** What a call is given: a constant, or what a register holds. */
export type Argument = number | bigint | keyof typeof KEPT;

/** Instructions of x86-64, one after the other, with places that can be jumped to. */
export class Assembly {
  private readonly parts: Buffer[] = [];
  private readonly places = new Map<string, number>();
  private readonly jumps: (readonly [end: number, place: string])[] = [];
  private size = 0;

  /** Instructions, as bytes or in hexadecimal; a number in a list of its own is 32 bits long. */
  add(...parts: readonly (readonly [number] | Buffer | string)[]): this {
    for (const part of parts) this.append(toBytes(part));
    return this;
  }

  /** A call of the kernel; what of its arguments is not given keeps what it has. */
  call(name: Syscall, ...args: readonly Argument[]): this {
    this.add(x64Arguments(...args.map(each => (typeof each === 'string' ? 0 : each))));
    for (const [index, each] of args.entries())
      if (typeof each === 'string') this.add(move(ARGUMENTS[index]!, KEPT[each]));
    return this.add(x64Call(numberOf(name, 'x64')!));
  }

  place(name: string): this {
    this.places.set(name, this.size);
    return this;
  }

  jump(when: keyof typeof JUMPS, place: string): this {
    this.append(Buffer.from(JUMPS[when]));
    this.append(Buffer.alloc(4));
    this.jumps.push([this.size, place]);
    return this;
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.parts);
    for (const [end, place] of this.jumps) all.writeInt32LE(this.places.get(place)! - end, end - 4);
    return all;
  }

  private append(bytes: Buffer): void {
    this.parts.push(bytes);
    this.size += bytes.length;
  }
}

/** `mov` between registers of 64 bits. */
function move(to: number, from: number): Buffer {
  const prefix = 0x48 | (from >> 3 ? 4 : 0) | (to >> 3 ? 1 : 0);
  return Buffer.from([prefix, 0x89, 0xc0 | ((from & 7) << 3) | (to & 7)]);
}

function toBytes(part: readonly [number] | Buffer | string): Buffer {
  if (typeof part === 'string') return Buffer.from(part.replaceAll(' ', ''), 'hex');
  if (Buffer.isBuffer(part)) return part;
  const word = Buffer.alloc(4);
  word.writeUInt32LE(part[0] >>> 0);
  return word;
}
