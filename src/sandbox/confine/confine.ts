import { closeSync, openSync, realpathSync } from 'node:fs';
import { ATTEMPTS, limitSteps } from './attempts.ts';
import { filterFor, survives } from './filter.ts';
import { type Identity, identityToTake } from './identity.ts';
import { LIBRARY_LINKS } from './libraries.ts';
import { POLICIES } from './policies.ts';
import { isOpenToAll } from './reach.ts';
import { failedStep, type Step, sentryOf } from './sentry.ts';
import type { Architecture } from './syscalls.ts';
import { type Confinement, PROGRAM, type Source } from './types.ts';

/** A process to spawn, with what it is given: `spawn(command, args)` with these descriptors, in an empty environment. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Whom to become first. */
  readonly identity: Identity | undefined;
  /** For descriptors from `FIRST_GIVEN` on: bytes to be written into a pipe, or a descriptor of this process. */
  readonly given: readonly (Uint8Array | number)[];
  /** Closes the descriptors of `given`; to be called once the process is started. */
  release(): void;
  /** What it was not denied, or which limit could not be set, by the status with which it ended before its program was started. */
  notDenied(status: number): string | undefined;
}

/** Descriptors up to here are the three standard streams and the channel. */
export const FIRST_GIVEN = 4;

const SENTRY = '/bin/sentry';
const EXECUTABLE = '0555';
const READABLE = '0444';

/** All that separates it, whatever the program is (bwrap(1)). */
const NAMESPACES = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
  ...[
    '--unshare-cgroup-try',
    '--hostname',
    'vnes',
    '--new-session',
    '--die-with-parent',
    '--cap-drop',
    'ALL',
  ],
];
/**
 * Makes of a program and its limits what has to be spawned to run it confined: bubblewrap with new namespaces of every kind and no
 * network, a root folder that holds the named files and is read-only, a filter of system calls, and no rights that can be gained. The first
 * program inside lowers the limits, tries what it must be denied, and only then becomes the program (sentry.ts). bubblewrap's init stands between it and the host: when either ends, all ends.
 *
 * @throws Error when that cannot be arranged on this machine (for what reason, says its message)
 */
export function confine(confinement: Confinement, bubblewrap: string): Launch {
  const identity = identityToTake();
  const plan = new Plan(identity !== undefined);
  const { limits, args, program } = confinement;
  const steps = stepsBefore(confinement);
  const machine = architecture();
  const seccomp = plan.give(filterFor(POLICIES[confinement.policy], machine));
  plan.put(SENTRY, { bytes: sentryOf(steps, machine, confinement.environment) }, EXECUTABLE);
  const command = [SENTRY, plan.program(program), ...args];
  for (const [inside, source] of confinement.files) plan.put(inside, source);
  return {
    command: bubblewrap,
    args: [
      ...NAMESPACES,
      ...['--seccomp', String(seccomp)],
      ...LIBRARY_LINKS.flatMap(([target, link]) => ['--symlink', target, link]),
      ...plan.mounts,
      ...scratch(limits.scratchBytes),
      ...['--remount-ro', '/', '--chdir', '/', '--', ...command],
    ],
    identity,
    given: plan.given,
    release: () => plan.release(),
    notDenied: status => failedStep(steps, status, machine)?.name,
  };
}

/** What the sentry does before the program is there: all that would not end it. */
function stepsBefore({ limits, policy }: Confinement): readonly Step[] {
  return [...limitSteps(limits), ...ATTEMPTS.filter(({ call }) => survives(POLICIES[policy], call))];
}

/** That of this machine. @throws Error for one that there are no tables of */
export function architecture(): Architecture {
  const { arch } = process;
  if (arch === 'x64' || arch === 'arm64') return arch;
  throw new Error(`there is no filter of system calls for the architecture ${arch}`);
}

function scratch(bytes: number | undefined): readonly string[] {
  return bytes === undefined ? [] : ['--size', String(bytes), '--perms', '0700', '--tmpfs', '/scratch'];
}

/** What is put inside, as arguments of bubblewrap and as descriptors that it is given. */
class Plan {
  readonly mounts: string[] = [];
  readonly given: (Uint8Array | number)[] = [];
  private readonly dropped: boolean;

  constructor(dropped: boolean) {
    this.dropped = dropped;
  }

  /** The number of the descriptor by which bubblewrap gets it. */
  give(what: Uint8Array | number): number {
    return FIRST_GIVEN + this.given.push(what) - 1;
  }

  /** The command that runs the program. */
  program(source: Source): string {
    if ('host' in source && !this.reaches(source.host)) return this.byDescriptor(source.host);
    this.put(PROGRAM, source, EXECUTABLE);
    return PROGRAM;
  }

  put(inside: string, source: Source, mode = READABLE): void {
    if ('bytes' in source) this.copy(inside, source.bytes, mode);
    else if (this.reaches(source.host)) this.mounts.push('--ro-bind', realpathSync(source.host), inside);
    else this.copy(inside, openSync(source.host, 'r'), mode);
  }

  release(): void {
    for (const what of this.given) if (typeof what === 'number') closeSync(what);
  }

  private copy(inside: string, what: Uint8Array | number, mode: string): void {
    this.mounts.push('--perms', mode, '--file', String(this.give(what)), inside);
  }

  private reaches(host: string): boolean {
    return !this.dropped || isOpenToAll(realpathSync(host));
  }

  /**
   * A large program in a private folder, which nobody in particular cannot reach by its path and which takes long to copy: it
   * inherits the open file. It belongs to the superuser, so nobody cannot open it again to write it.
   */
  private byDescriptor(host: string): string {
    const descriptor = this.give(openSync(host, 'r'));
    this.mounts.push('--proc', '/proc');
    return `/proc/self/fd/${descriptor}`;
  }
}
