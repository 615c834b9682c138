import { Data, type Datum, executable } from './executable.ts';
import { MACHINE_CODE } from './machine-code.ts';
import { type Architecture, numberOf, type Syscall } from './syscalls.ts';

/** One call of the kernel, and what must come of it. */
export interface Step {
  /** What it stands for, in words. */
  readonly name: string;
  readonly call: Syscall;
  /** Numbers, or bytes that the kernel gets the address of. */
  readonly args: readonly (number | Datum)[];
  /** `denied` is any error; a number is the result itself, and 0 is success. */
  readonly expect: 'denied' | number;
}

/** Where the program is loaded to: anywhere that is free in an empty process. */
const BASE = 0x40_0000;
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
  const data = new Data(BASE);
  const pointers = data.addTexts(environment);
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
  return executable(machine.elfMachine, BASE, data.bytes(), Buffer.concat([...code, ...end]));
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
