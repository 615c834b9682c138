import { closeSync, openSync, realpathSync } from 'node:fs';
import { filterFor } from './filter.ts';
import { type Identity, identityToTake } from './identity.ts';
import { LIBRARY_LINKS, librariesOf } from './libraries.ts';
import { POLICIES } from './policies.ts';
import { isOpenToAll } from './reach.ts';
import { FIRST_TO_GO, limitingScript, SHELL } from './shell.ts';
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
}

/** Descriptors up to here are the three standard streams and the channel. */
export const FIRST_GIVEN = 4;

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
/** What shells leave in the environment of what they run. */
const LEFT_BY_SHELLS = ['OLDPWD', 'SHLVL', '_'];

/**
 * Makes of a program and its limits what has to be spawned to run it confined: bubblewrap with new namespaces of every kind and no
 * network, a root folder that holds the named files and is read-only, a filter of system calls, no rights that can be gained, and
 * limits. bubblewrap's init stands between it and the host: when either ends, all ends.
 *
 * @throws Error when that cannot be arranged on this machine (for what reason, says its message)
 */
export function confine(confinement: Confinement, bubblewrap: string): Launch {
  const identity = identityToTake();
  const plan = new Plan(identity !== undefined);
  const { limits, args, program } = confinement;
  const command = [plan.program(program), ...args];
  const inner =
    limits.tasks === undefined ? command : [SHELL, '-c', limitingScript(limits), 'sh', ...command];
  if (limits.tasks !== undefined) plan.shell();
  for (const [inside, source] of confinement.files) plan.put(inside, source);
  const outer = `${FIRST_TO_GO}; ${limits.tasks === undefined ? limitingScript(limits) : 'exec "$@"'}`;
  const seccomp = plan.give(filterFor(POLICIES[confinement.policy], architecture()));
  return {
    command: SHELL,
    args: [
      ...['-c', outer, 'sh', bubblewrap, ...NAMESPACES, '--seccomp', String(seccomp)],
      ...LEFT_BY_SHELLS.flatMap(name => ['--unsetenv', name]),
      ...LIBRARY_LINKS.flatMap(([target, link]) => ['--symlink', target, link]),
      ...plan.mounts,
      ...scratch(limits.scratchBytes),
      ...['--remount-ro', '/', '--chdir', '/', '--', ...inner],
    ],
    identity,
    given: plan.given,
    release: () => plan.release(),
  };
}

function architecture(): Architecture {
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
    this.put(PROGRAM, source, '0555');
    return PROGRAM;
  }

  shell(): void {
    this.put(SHELL, { host: SHELL });
    for (const [inside, host] of librariesOf(SHELL)) this.put(inside, { host });
  }

  put(inside: string, source: Source, mode = '0444'): void {
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
