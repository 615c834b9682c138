import type { ArgumentRule, SyscallPolicy } from './filter.ts';
import type { Syscall } from './syscalls.ts';

/** Flags of `clone` by which the C library starts a thread; a process of its own lacks them, and so does a new namespace. */
const THREAD = 0x0001_0f00;
const NEW_NAMESPACES = 0x7e02_0080;
const PR_SET_NAME = 15;
const PR_GET_SECCOMP = 21;
const PR_SET_TSC = 26;
const PR_GET_NO_NEW_PRIVS = 39;
const PR_SET_VMA = 0x5356_4d41;
const TCGETS = 0x5401;
const FIONBIO = 0x5421;
const FIOCLEX = 0x5451;
const EVERY_BIT = 0xffff_ffff;

/** What starting any program takes, that of bubblewrap, its init (`wait4`) and the sentry included. */
const START = calls(`
  execve wait4 brk mmap munmap mprotect arch_prctl set_tid_address set_robust_list rseq openat close read pread64
  fstat newfstatat access faccessat readlink readlinkat uname getrandom getpid exit exit_group
`);

/** What C libraries do for nearly every program: buffers of streams, memory, and signals to itself. */
const ORDINARY = calls(`
  write readv writev lseek fcntl mremap madvise futex gettid tgkill sched_yield rt_sigaction rt_sigprocmask rt_sigreturn
  sigaltstack restart_syscall
`);

/** Means to get out, or to see what is outside; no program that runs here has a use for them. */
const HOSTILE = calls(`
  ptrace process_vm_readv process_vm_writev process_madvise pidfd_open pidfd_getfd pidfd_send_signal kcmp
  mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr unshare setns
  bpf perf_event_open keyctl add_key request_key userfaultfd io_uring_enter io_uring_register
  init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl syslog
  settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname iopl ioperm modify_ldt
  open_by_handle_at name_to_handle_at fanotify_init personality vhangup
  setuid setgid setgroups setresuid setresgid capset seccomp
`);

const THREADS_ONLY: ArgumentRule = {
  call: 'clone',
  argument: 0,
  mask: THREAD | NEW_NAMESPACES,
  value: THREAD,
};

/** Questions about streams and about itself, names for debuggers, and lower limits for itself alone. */
const HARMLESS: readonly ArgumentRule[] = [
  { call: 'ioctl', argument: 1, mask: EVERY_BIT, value: TCGETS },
  { call: 'ioctl', argument: 1, mask: EVERY_BIT, value: FIONBIO },
  { call: 'ioctl', argument: 1, mask: EVERY_BIT, value: FIOCLEX },
  { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_SET_NAME },
  { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_SET_VMA },
  { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_GET_SECCOMP },
  { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_GET_NO_NEW_PRIVS },
  { call: 'prlimit64', argument: 0, mask: EVERY_BIT, value: 0 },
];

/**
 * Node.js with V8: threads, event loops and clocks. What it does not find it does without, and so do the C libraries of other
 * systems, so a call that is not in the list is absent; sockets, processes and signals are among these.
 */
const NODE: SyscallPolicy = {
  allow: calls(`
    clock_gettime epoll_pwait epoll_wait epoll_ctl epoll_create1 eventfd2 pipe2 poll ppoll select pselect6
    open stat lstat statx faccessat2 getdents64 getcwd close_range dup dup2 dup3
    membarrier mincore futex_waitv get_robust_list sched_getaffinity sched_getparam sched_getscheduler
    clock_getres clock_nanosleep nanosleep gettimeofday time sysinfo getrusage getrlimit setrlimit
    getppid getuid geteuid getgid getegid capget
  `).concat(START, ORDINARY),
  allowIf: [THREADS_ONLY, ...HARMLESS],
  absent: calls('clone3 io_uring_setup socket kill'),
  kill: HOSTILE,
  otherwise: 'absent',
};

/**
 * A native executable of one thread that reads and writes its open streams. It has no threads, no sockets, no signals to others,
 * no randomness and no clock but what the processor itself tells, which it may give up. What it should not ask for ends it.
 */
const NATIVE: SyscallPolicy = {
  allow: [...ORDINARY, ...START.filter(call => call !== 'getrandom')],
  allowIf: [...HARMLESS, { call: 'prctl', argument: 0, mask: EVERY_BIT, value: PR_SET_TSC }],
  absent: calls('getrandom clock_gettime gettimeofday time ioctl prctl statx prlimit64 getrlimit setrlimit'),
  kill: HOSTILE,
  otherwise: 'kill',
};

/**
 * A Python interpreter: what it asks of files, and clocks, without which it does not start and which it is kept from by other means. What
 * it should not ask for fails, as it does on systems that lack it.
 */
const PYTHON: SyscallPolicy = {
  allow: calls(`
    open stat lstat statx getdents64 getcwd dup dup2 dup3 clock_gettime clock_getres gettimeofday time sysinfo getrusage
    getppid getuid geteuid getgid getegid
  `).concat(
    START.filter(call => call !== 'getrandom'),
    ORDINARY,
  ),
  allowIf: HARMLESS,
  absent: calls('getrandom clone clone3 socket kill'),
  kill: HOSTILE,
  otherwise: 'absent',
};

/** QEMU, which translates what its machine executes: as Node.js, with what a channel and an event loop of its own take. */
const MACHINE: SyscallPolicy = {
  ...NODE,
  allow: NODE.allow.concat(
    calls(`
      recvmsg sendmsg shutdown getsockname getpeername getsockopt setsockopt
      signalfd4 timerfd_create timerfd_settime memfd_create fchdir statfs
    `),
  ),
  // It asks which filters there are before it knows that it wants none.
  absent: NODE.absent.concat('seccomp'),
  kill: HOSTILE.filter(call => call !== 'seccomp'),
};

/** What a program asks for that keeps files of its own in a folder that it may write to. */
const FILING = calls(
  'mkdir mkdirat unlink unlinkat rename renameat renameat2 ftruncate fsync fdatasync pwrite64',
);

/** The system calls of each kind of program that is confined. */
export const POLICIES = {
  node: NODE,
  native: NATIVE,
  native_scratch: { ...NATIVE, allow: [...NATIVE.allow, ...FILING, ...calls('open stat lstat getdents64')] },
  python: PYTHON,
  python_scratch: { ...PYTHON, allow: [...PYTHON.allow, ...FILING] },
  machine: MACHINE,
} as const;
export type PolicyName = keyof typeof POLICIES;

/** Names in a text, so that a list reads as one. A test holds each of them to the table of numbers. */
function calls(names: string): readonly Syscall[] {
  return names.trim().split(/\s+/) as Syscall[];
}
