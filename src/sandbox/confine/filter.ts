import { ARCHITECTURES, type Architecture, numberOf, type Syscall } from './syscalls.ts';

/** What a program may ask of the kernel. A call that no list has meets `otherwise`. */
export interface SyscallPolicy {
  readonly allow: readonly Syscall[];
  /** Allowed only when, of the argument, the bits of `mask` are those of `value`. Only its lower 32 bits are looked at. */
  readonly allowIf: readonly ArgumentRule[];
  /** The call fails as if the kernel did not have it, and the program goes on. */
  readonly absent: readonly Syscall[];
  /** The program is ended by SIGSYS: calls that nobody makes by accident. */
  readonly kill: readonly Syscall[];
  readonly otherwise: 'absent' | 'kill';
}

/** Whether a program survives the call, whatever comes of it. */
export function survives({ allow, allowIf, absent, kill, otherwise }: SyscallPolicy, call: Syscall): boolean {
  const named = [...allow, ...absent, ...allowIf.map(rule => rule.call)];
  return named.includes(call) || (otherwise === 'absent' && !kill.includes(call));
}

export interface ArgumentRule {
  readonly call: Syscall;
  readonly argument: number;
  readonly mask: number;
  readonly value: number;
}

/** One instruction of the kernel's classic filter machine (linux/filter.h). */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const LOAD = 0x20;
const AND = 0x54;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const RETURN = 0x06;

/** Offsets in `struct seccomp_data`. */
const CALL = 0;
const ARCHITECTURE = 4;
const ARGUMENTS = 16;

const ALLOW: Instruction = [RETURN, 0, 0, 0x7fff_0000];
const KILL: Instruction = [RETURN, 0, 0, 0x8000_0000];
const ENOSYS = 38;
const ABSENT: Instruction = [RETURN, 0, 0, 0x0005_0000 | ENOSYS];

/** Numbers from here on are calls of the 32-bit pointer ABI of x86-64, which nothing needs. */
const X32 = 0x4000_0000;
const INSTRUCTION_BYTES = 8;

/**
 * The policy as a program for the kernel, in the byte order of both architectures. Calls of another architecture than the
 * machine's own end the program, for their numbers mean other calls.
 */
export function filterFor(policy: SyscallPolicy, architecture: Architecture): Uint8Array {
  const program = [
    ...guardArchitecture(architecture),
    ...policy.allow.flatMap(call => whenCalled(call, architecture, [ALLOW])),
    ...policy.allowIf.flatMap(rule => whenCalled(rule.call, architecture, checkArgument(rule))),
    ...policy.absent.flatMap(call => whenCalled(call, architecture, [ABSENT])),
    ...policy.kill.flatMap(call => whenCalled(call, architecture, [KILL])),
    policy.otherwise === 'kill' ? KILL : ABSENT,
  ];
  return assemble(program);
}

function guardArchitecture(architecture: Architecture): Instruction[] {
  return [
    [LOAD, 0, 0, ARCHITECTURE],
    [JUMP_EQUAL, 1, 0, ARCHITECTURES[architecture]],
    KILL,
    [LOAD, 0, 0, CALL],
    [JUMP_AT_LEAST, 0, 1, X32],
    KILL,
  ];
}

/** Runs `then` for this call, which ends in a verdict; any other call passes by. */
function whenCalled(
  call: Syscall,
  architecture: Architecture,
  then: readonly Instruction[],
): readonly Instruction[] {
  const number = numberOf(call, architecture);
  return number === undefined ? [] : [[JUMP_EQUAL, 0, then.length, number], ...then];
}

/** Of several rules for one call the first that fits allows; so one that does not fit goes on, with the call's number loaded again. */
function checkArgument({ argument, mask, value }: ArgumentRule): readonly Instruction[] {
  return [
    [LOAD, 0, 0, ARGUMENTS + argument * 8],
    [AND, 0, 0, mask],
    [JUMP_EQUAL, 0, 1, value],
    ALLOW,
    [LOAD, 0, 0, CALL],
  ];
}

function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(operand >>> 0, at + 4);
  }
  return bytes;
}
