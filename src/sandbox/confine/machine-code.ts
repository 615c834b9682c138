import type { Architecture } from './syscalls.ts';

/** The few instructions that the sentry is made of, as bytes. A verdict block ends the process with a status. */
export interface MachineCode {
  /** The architecture's number in ELF files. */
  readonly elfMachine: number;
  /** Calls the kernel; the result stays where `unlessDenied` and `unlessEqual` look for it. */
  call(number: number, args: readonly bigint[]): Buffer;
  /** Ends with `status` unless the last call was refused. */
  unlessDenied(exit: number, status: number): Buffer;
  /** Ends with `status` unless the last call gave `value`. */
  unlessEqual(value: number, exit: number, status: number): Buffer;
  /** Becomes the program that the first argument names, with the arguments from there on. */
  become(execve: number, environment: bigint): Buffer;
}

function bytes(...parts: (readonly number[] | Buffer)[]): Buffer {
  return Buffer.concat(parts.map(part => Buffer.from(part)));
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
}

function u64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, value));
  return buffer;
}

/** `mov` of a constant into rdi, rsi, rdx, r10, r8, r9: the order of a call's arguments. */
const X64_ARGUMENTS = [0x48bf, 0x48be, 0x48ba, 0x49ba, 0x49b8, 0x49b9];
const SYSCALL = [0x0f, 0x05];

const X64: MachineCode = {
  elfMachine: 62,
  call: (number, args) => bytes(x64Arguments(...args), x64Call(number)),
  // cmp rax, 0; js over the verdict
  unlessDenied: (exit, status) => x64Verdict([0x78], 0, exit, status),
  // cmp rax, value; je over the verdict
  unlessEqual: (value, exit, status) => x64Verdict([0x74], value, exit, status),
  become: (execve, environment) =>
    // mov rdi, [rsp+16]; lea rsi, [rsp+16]
    bytes(
      [0x48, 0x8b, 0x7c, 0x24, 0x10, 0x48, 0x8d, 0x74, 0x24, 0x10],
      x64Argument(environment, 2),
      [0xb8],
      u32(execve),
      SYSCALL,
    ),
};

/** Constants as the arguments of a call, in x86-64; what is not given keeps what it has. */
export function x64Arguments(...values: readonly (number | bigint)[]): Buffer {
  return bytes(...values.map((value, index) => x64Argument(BigInt(value), index)));
}

/** The call itself. */
export function x64Call(number: number): Buffer {
  return bytes([0xb8], u32(number), SYSCALL);
}

function x64Argument(value: bigint, index: number): Buffer {
  const move = X64_ARGUMENTS[index]!;
  return bytes([move >> 8, move & 0xff], u64(value));
}

function x64Verdict(jump: readonly number[], value: number, exit: number, status: number): Buffer {
  const verdict = bytes([0xbf], u32(status), [0xb8], u32(exit), SYSCALL);
  return bytes([0x48, 0x3d], u32(value), jump, [verdict.length], verdict);
}

const SVC = u32(0xd400_0001);
const CALL_REGISTER = 8;
const SCRATCH_REGISTER = 9;
const IF_EQUAL = 0;
const IF_NEGATIVE = 4;

const ARM64: MachineCode = {
  elfMachine: 183,
  call: (number, args) =>
    bytes(...args.map((value, index) => armMove(index, value)), armMove(CALL_REGISTER, BigInt(number)), SVC),
  unlessDenied: (exit, status) => armVerdict(IF_NEGATIVE, 0, exit, status),
  unlessEqual: (value, exit, status) => armVerdict(IF_EQUAL, value, exit, status),
  become: (execve, environment) =>
    // ldr x0, [sp, #16]; add x1, sp, #16
    bytes(
      u32(0xf940_0be0),
      u32(0x9100_43e1),
      armMove(2, environment),
      armMove(CALL_REGISTER, BigInt(execve)),
      SVC,
    ),
};

/** movz and three movk: 16 bits at a time. */
function armMove(register: number, value: bigint): Buffer {
  const whole = BigInt.asUintN(64, value);
  const parts = [0, 1, 2, 3].map(part => {
    const bits = Number((whole >> BigInt(16 * part)) & 0xffffn);
    return u32(((part === 0 ? 0xd280_0000 : 0xf280_0000) | (part << 21) | (bits << 5) | register) >>> 0);
  });
  return bytes(...parts);
}

/** cmp x0, x9; b.cond over the verdict */
function armVerdict(condition: number, value: number, exit: number, status: number): Buffer {
  const verdict = bytes(armMove(0, BigInt(status)), armMove(CALL_REGISTER, BigInt(exit)), SVC);
  const over = verdict.length / 4 + 1;
  return bytes(
    armMove(SCRATCH_REGISTER, BigInt(value)),
    u32(0xeb09_001f),
    u32((0x5400_0000 | (over << 5) | condition) >>> 0),
    verdict,
  );
}

export const MACHINE_CODE: Readonly<Record<Architecture, MachineCode>> = { x64: X64, arm64: ARM64 };
