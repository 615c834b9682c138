import { MACHINE_CODE } from './machine-code.ts';
import { type Architecture, numberOf, type Syscall } from './syscalls.ts';

/** One call of the kernel, and what must come of it. */
export interface Step {
  /** What it stands for, in words. */
  readonly name: string;
  readonly call: Syscall;
  /** Numbers, or bytes that the kernel gets the address of. */
  readonly args: readonly (number | Uint8Array)[];
  /** `denied` is any error; a number is the result itself, and 0 is success. */
  readonly expect: 'denied' | number;
}

/** Where the program is loaded to: anywhere that is free in an empty process. */
const BASE = 0x40_0000;
const HEADER_BYTES = 64 + 56;
const ALIGNMENT = 16;
/**
 * The first of the statuses by which the sentry ends: this one and the number of the step that went otherwise. They lie beyond those by
 * which shells and bubblewrap tell of signals.
 */
const FIRST_STATUS = 200;
/** It could not become the program. */
export const NOT_STARTED = 127;

/**
 * A program of some hundred bytes without any library, which is the first to run inside. It makes the steps in turn and then becomes the
 * program that its arguments name, in an environment of its own. At a step that goes otherwise than it must, it ends instead; nothing
 * else has run by then. Its calls are those that the program after it would make, and meet the same filter.
 */
export function sentryOf(
  steps: readonly Step[],
  architecture: Architecture,
  environment: readonly string[] = [],
): Uint8Array {
  const machine = MACHINE_CODE[architecture];
  const exit = need('exit_group', architecture);
  const data = new Data();
  const strings = environment.map(each => data.add(Buffer.from(`${each}\0`)));
  const pointers = data.add(Buffer.concat([...strings, 0n].map(toWord)));
  const code = stepsFor(steps, architecture).flatMap(({ call, args, expect }, index) => {
    const status = FIRST_STATUS + index;
    const values = args.map(value => (typeof value === 'number' ? BigInt(value) : data.add(value)));
    return [
      machine.call(need(call, architecture), values),
      expect === 'denied' ? machine.unlessDenied(exit, status) : machine.unlessEqual(expect, exit, status),
    ];
  });
  const end = [
    machine.become(need('execve', architecture), pointers),
    machine.call(exit, [BigInt(NOT_STARTED)]),
  ];
  return link(machine.elfMachine, data.bytes(), Buffer.concat([...code, ...end]));
}

/** Which step went otherwise, by the status with which the sentry ended; undefined when none did. */
export function failedStep(
  steps: readonly Step[],
  status: number,
  architecture: Architecture,
): Step | undefined {
  return stepsFor(steps, architecture)[status - FIRST_STATUS];
}

/** A call that the architecture does without cannot be made there. */
function stepsFor(steps: readonly Step[], architecture: Architecture): readonly Step[] {
  return steps.filter(({ call }) => numberOf(call, architecture) !== undefined);
}

function need(call: Syscall, architecture: Architecture): number {
  const number = numberOf(call, architecture);
  if (number === undefined) throw new RangeError(`${architecture} has no ${call}`);
  return number;
}

/** What calls point to; it lies right behind the header, so that addresses are known before the code is. */
class Data {
  private readonly parts: Buffer[] = [];
  private size = 0;

  /** The address that it will have. */
  add(part: Uint8Array): bigint {
    const address = BASE + HEADER_BYTES + this.size;
    const padded = Buffer.alloc(Math.ceil(part.length / 8) * 8);
    padded.set(part);
    this.parts.push(padded);
    this.size += padded.length;
    return BigInt(address);
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function toWord(value: bigint): Buffer {
  const word = Buffer.alloc(8);
  word.writeBigUInt64LE(value);
  return word;
}

/** An ELF file of one segment that is loaded as it is (elf(5)). */
function link(machine: number, data: Buffer, code: Buffer): Uint8Array {
  const start = Math.ceil((HEADER_BYTES + data.length) / ALIGNMENT) * ALIGNMENT;
  const file = Buffer.alloc(start + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(BASE + start), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  // The segment: to be loaded, readable and executable, the whole file.
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(BigInt(BASE), 80);
  file.writeBigUInt64LE(BigInt(BASE), 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1_0000n, 112);
  file.set(data, HEADER_BYTES);
  file.set(code, start);
  return file;
}
