import type { ArgumentRule, SyscallPolicy } from './filter.ts';
import type { Syscall } from './syscalls.ts';

/** Flags of `clone` by which the C library starts a thread; a process of its own lacks them, and so does a new namespace. */
const THREAD = 0x0001_0f00;
const NEW_NAMESPACES = 0x7e02_0080;
const PR_SET_NAME = 15;
const PR_SET_TSC = 26;
const PR_SET_VMA = 0x5356_4d41;
const TCGETS = 0x5401;
const FIONBIO = 0x5421;
const FIOCLEX = 0x5451;
const EVERY_BIT = 0xffff_ffff;

/** What starting any program takes, that of bubblewrap and of its init (`wait4`) included. */
const START: readonly Syscall[] = [
  ...(['execve', 'wait4', 'brk', 'mmap', 'munmap', 'mprotect', 'arch_prctl', 'set_tid_address'] as const),
  ...(['set_robust_list', 'rseq', 'openat', 'close', 'read', 'pread64', 'fstat', 'newfstatat'] as const),
  ...(['access', 'faccessat', 'readlink', 'readlinkat', 'uname', 'getrandom', 'exit', 'exit_group'] as const),
];

/** What the shell that lowers limits asks for besides (dash, bash, BusyBox). */
const SHELL: readonly Syscall[] = [
  ...([
    'rt_sigaction',
    'rt_sigprocmask',
    'getpid',
    'getppid',
    'getpgrp',
    'getuid',
    'geteuid',
    'getgid',
  ] as const),
  ...(['getegid', 'getcwd', 'fcntl', 'dup2', 'dup3', 'stat', 'lseek', 'sysinfo'] as const),
];

/** Means to get out, or to see what is outside; no program that runs here has a use for them. */
const HOSTILE: readonly Syscall[] = [
  ...(['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_open', 'kcmp'] as const),
  ...([
    'pidfd_getfd',
    'pidfd_send_signal',
    'mount',
    'umount2',
    'pivot_root',
    'chroot',
    'move_mount',
  ] as const),
  ...(['open_tree', 'fsopen', 'fsconfig', 'fsmount', 'fspick', 'mount_setattr', 'unshare', 'setns'] as const),
  ...([
    'bpf',
    'perf_event_open',
    'keyctl',
    'add_key',
    'request_key',
    'userfaultfd',
    'io_uring_enter',
  ] as const),
  ...(['io_uring_register', 'init_module', 'finit_module', 'delete_module', 'kexec_load'] as const),
  ...([
    'kexec_file_load',
    'reboot',
    'swapon',
    'swapoff',
    'acct',
    'quotactl',
    'syslog',
    'settimeofday',
  ] as const),
  ...([
    'clock_settime',
    'adjtimex',
    'clock_adjtime',
    'sethostname',
    'setdomainname',
    'iopl',
    'ioperm',
  ] as const),
  ...(['modify_ldt', 'open_by_handle_at', 'name_to_handle_at', 'fanotify_init', 'personality'] as const),
  ...(['setuid', 'setgid', 'setgroups', 'setresuid', 'setresgid', 'capset', 'seccomp', 'vhangup'] as const),
];

const THREADS_ONLY: ArgumentRule = {
  call: 'clone',
  argument: 0,
  mask: THREAD | NEW_NAMESPACES,
  value: THREAD,
};

/** Both kinds of harmless questions about a stream, and its name for debuggers. */
const HARMLESS: readonly ArgumentRule[] = [
  { call: 'ioctl', argument: 1, mask: EVERY_BIT, value: TCGETS },
  { call: 'ioctl', argument: 1, mask: EVERY_BIT, value: FIONBIO },
  { call: 'ioctl', argument: 1, mask: EVERY_BIT, value: FIOCLEX },
  { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_SET_NAME },
  { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_SET_VMA },
  { call: 'prlimit64', argument: 0, mask: EVERY_BIT, value: 0 },
];

/**
 * Node.js with V8: threads, event loops and clocks. What it does not find it does without, and so do the C libraries of other
 * systems, so a call that is not in the list is absent; sockets, processes and signals are among these.
 */
const NODE: SyscallPolicy = {
  allow: [
    ...(['futex', 'write', 'clock_gettime', 'epoll_pwait', 'epoll_wait', 'epoll_ctl', 'madvise'] as const),
    ...START,
    ...SHELL,
    ...(['writev', 'readv', 'open', 'lstat', 'statx', 'faccessat2', 'getdents64', 'pipe2'] as const),
    ...(['mremap', 'membarrier', 'mincore', 'futex_waitv', 'get_robust_list', 'sched_yield'] as const),
    ...([
      'sched_getaffinity',
      'sched_getparam',
      'sched_getscheduler',
      'rt_sigreturn',
      'sigaltstack',
    ] as const),
    ...([
      'restart_syscall',
      'tgkill',
      'clock_getres',
      'clock_nanosleep',
      'nanosleep',
      'gettimeofday',
    ] as const),
    ...(['time', 'gettid', 'capget', 'getrlimit', 'setrlimit', 'getrusage', 'epoll_create1'] as const),
    ...(['eventfd2', 'poll', 'ppoll', 'select', 'pselect6', 'close_range', 'dup'] as const),
  ],
  allowIf: [THREADS_ONLY, ...HARMLESS],
  absent: ['clone3', 'io_uring_setup'],
  kill: HOSTILE,
  otherwise: 'absent',
};

/**
 * A native executable of one thread that reads and writes its open streams. It has no threads, no sockets, no signals to others,
 * no randomness and no clock but what the processor itself tells, which it may give up. What it should not ask for ends it.
 */
const NATIVE: SyscallPolicy = {
  allow: [
    ...(['write', 'readv', 'writev'] as const),
    ...START.filter(call => call !== 'getrandom'),
    ...SHELL,
    ...(['mremap', 'madvise', 'futex', 'rt_sigreturn', 'sigaltstack', 'restart_syscall', 'gettid'] as const),
    ...(['tgkill', 'sched_yield'] as const),
  ],
  allowIf: [...HARMLESS, { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_SET_TSC }],
  absent: [
    'getrandom',
    'clock_gettime',
    'gettimeofday',
    'time',
    'ioctl',
    'prctl',
    'statx',
    'prlimit64',
    'getrlimit',
    'setrlimit',
  ],
  kill: HOSTILE,
  otherwise: 'kill',
};

/** The system calls of each kind of program that is confined. */
export const POLICIES = { node: NODE, native: NATIVE } as const;
export type PolicyName = keyof typeof POLICIES;
