import { ATTEMPTS, limitSteps } from '../confine/attempts.ts';
import { filterFor, survives } from '../confine/filter.ts';
import { POLICIES, type PolicyName } from '../confine/policies.ts';
import { failedStep, type Step, sentryOf } from '../confine/sentry.ts';
import type { Confinement } from '../confine/types.ts';

export const SENTRY = '/bin/sentry';

/** The only architecture of machines. */
const ARCHITECTURE = 'x64';
/** Nobody's number, as outside of machines (confine/identity.ts). */
const NOBODY = 65_533;
/** A mount that is there already, made read-only (mount(2)). */
const REMOUNT_READ_ONLY = 0x1021;
const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const BY_FILTER = 2;
const INSTRUCTION_BYTES = 8;
/** There is no other process in the machine but the kernel's own and the first one. */
const NEEDS_NAMESPACES = 'see the processes of the host';

/**
 * The program that stands between the first one in the machine and the capsule's: what bubblewrap does elsewhere, it does itself. It makes
 * everything read-only, becomes nobody, gives up ever to gain rights, puts the filter on, lowers the limits and tries what must be denied.
 */
export function sentryInside(confinement: Confinement): Uint8Array {
  return sentryOf(stepsInside(confinement), ARCHITECTURE, confinement.environment);
}

/** What the program was not denied, or what could not be done, by the status with which it ended before it began. */
export function notDeniedInside(confinement: Confinement, status: number): string | undefined {
  return failedStep(stepsInside(confinement), status, ARCHITECTURE)?.name;
}

function stepsInside({ policy, limits }: Confinement): readonly Step[] {
  const filter = filterFor(POLICIES[policy], ARCHITECTURE);
  return [
    step('make its root read-only', 'mount', [0, Buffer.from('/\0'), 0, REMOUNT_READ_ONLY, 0]),
    step('leave all groups', 'setgroups', [0, 0]),
    step('become nobody of any group', 'setresgid', [NOBODY, NOBODY, NOBODY]),
    step('become nobody', 'setresuid', [NOBODY, NOBODY, NOBODY]),
    step('give up rights', 'prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]),
    step('put on the filter', 'prctl', [PR_SET_SECCOMP, BY_FILTER, programFor(filter)]),
    // Whichever kernel the host has, this one has nobody else's tasks to count.
    ...limitSteps(limits, true),
    ...attemptsInside(policy),
  ];
}

function attemptsInside(policy: PolicyName): readonly Step[] {
  return ATTEMPTS.filter(({ name, call }) => name !== NEEDS_NAMESPACES && survives(POLICIES[policy], call));
}

/** What a program tries in a machine before it begins, in words. */
export function deniedInside(policy: PolicyName): readonly string[] {
  return attemptsInside(policy).map(({ name }) => name);
}

function step(name: string, call: Step['call'], args: Step['args']): Step {
  return { name, call, args, expect: 0 };
}

/** `struct sock_fprog` (linux/filter.h): how many instructions, and where they are. */
function programFor(filter: Uint8Array) {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(filter.length / INSTRUCTION_BYTES, 0);
  return { bytes, pointer: { at: 8, to: filter } };
}
