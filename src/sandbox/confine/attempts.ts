import { release } from 'node:os';
import type { Step } from './sentry.ts';
import type { ConfinedLimits } from './types.ts';

const HERE = -100;
const READ = 0;
const WRITE = 1;
const CREATE = 0o100 | WRITE;
const FAMILY = { unix: 1, inet: 2, netlink: 16 } as const;
const TYPE = { stream: 1, datagram: 2, raw: 3 } as const;
const SIGCHLD = 17;
const PR_GET_SECCOMP = 21;
const PR_GET_NO_NEW_PRIVS = 39;
const BY_FILTER = 2;
const RLIMIT = { cpu: 0, fileBytes: 1, core: 4, tasks: 6, openFiles: 7, addressBytes: 9 } as const;
/** The second process of its own namespace; bubblewrap's init is the first. */
const OWN_NUMBER = 2;

/** What a program that is confined must not be able to do, as calls that anything inside could make. Each is made at each start. */
export const ATTEMPTS: readonly Step[] = [
  open('read a file of the host', '/etc/passwd', READ),
  open('change the system’s settings', '/proc/sys/kernel/core_pattern', WRITE),
  open('open a device', '/dev/kvm', READ),
  open('write a file', '/vnes-canary', CREATE),
  socket('open a network socket', FAMILY.inet, TYPE.stream),
  socket('look up names', FAMILY.inet, TYPE.datagram),
  socket('open a local socket', FAMILY.unix, TYPE.stream),
  socket('talk to the kernel', FAMILY.netlink, TYPE.raw),
  { name: 'signal its parent', call: 'kill', args: [1, 0], expect: 'denied' },
  { name: 'start a process', call: 'clone', args: [SIGCHLD, 0, 0, 0, 0], expect: 'denied' },
  { name: 'see the processes of the host', call: 'getpid', args: [], expect: OWN_NUMBER },
  { name: 'gain rights', call: 'prctl', args: [PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0], expect: 1 },
  { name: 'ask anything of the kernel', call: 'prctl', args: [PR_GET_SECCOMP], expect: BY_FILTER },
];

/** What a program that is confined is ended for. Each ends it, so each takes a process; `vnes doctor` and the tests make them. */
export const FATAL_ATTEMPTS: readonly Step[] = [
  { name: 'trace a process', call: 'ptrace', args: [0, 0, 0, 0], expect: 'denied' },
  { name: 'mount a file system', call: 'mount', args: [0, text('/'), text('tmpfs'), 0, 0], expect: 'denied' },
  { name: 'make a namespace', call: 'unshare', args: [0x1000_0000], expect: 'denied' },
  { name: 'enter a namespace', call: 'setns', args: [0, 0], expect: 'denied' },
  { name: 'change its root', call: 'chroot', args: [text('/')], expect: 'denied' },
  { name: 'load a program into the kernel', call: 'bpf', args: [0, 0, 0], expect: 'denied' },
  { name: 'use the kernel’s keys', call: 'keyctl', args: [0, 0, 0, 0, 0], expect: 'denied' },
  { name: 'handle page faults', call: 'userfaultfd', args: [0], expect: 'denied' },
  { name: 'watch the processor', call: 'perf_event_open', args: [0, 0, 0, 0, 0], expect: 'denied' },
  { name: 'read another’s memory', call: 'process_vm_readv', args: [1, 0, 0, 0, 0, 0], expect: 'denied' },
  { name: 'become the superuser', call: 'setuid', args: [0], expect: 'denied' },
  { name: 'set the clock', call: 'clock_settime', args: [0, 0], expect: 'denied' },
];

/**
 * Lowers the limits of this process and of what it becomes; whoever has lowered them cannot raise them again. `countsTasks` says whether the
 * kernel counts those of this program alone.
 */
export function limitSteps(limits: ConfinedLimits, countsTasks = countsByNamespace()): readonly Step[] {
  const { openFiles, fileBytes, cpuSeconds, addressBytes, tasks } = limits;
  return [
    limit('leave no core file', RLIMIT.core, 0),
    limit('open few files', RLIMIT.openFiles, openFiles),
    limit('write short files', RLIMIT.fileBytes, fileBytes),
    limit('take limited processor time', RLIMIT.cpu, cpuSeconds),
    ...(addressBytes === undefined ? [] : [limit('take limited memory', RLIMIT.addressBytes, addressBytes)]),
    ...(countsTasks ? [limit('have few threads', RLIMIT.tasks, tasks ?? ONE_AND_INIT)] : []),
  ];
}

const ONE_AND_INIT = 2;

/** Linux counts tasks for each user namespace by itself since 5.14; before, the limit would count all that the user runs. */
function countsByNamespace(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}

function limit(name: string, resource: number, value: number): Step {
  const soft = Buffer.alloc(16);
  soft.writeBigUInt64LE(BigInt(value), 0);
  soft.writeBigUInt64LE(BigInt(value), 8);
  return { name, call: 'prlimit64', args: [0, resource, soft, 0], expect: 0 };
}

function open(name: string, path: string, flags: number): Step {
  return { name, call: 'openat', args: [HERE, text(path), flags, 0o600], expect: 'denied' };
}

function socket(name: string, family: number, type: number): Step {
  return { name, call: 'socket', args: [family, type, 0], expect: 'denied' };
}

function text(value: string): Uint8Array {
  return Buffer.from(`${value}\0`);
}
