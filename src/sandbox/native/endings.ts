import { constants } from 'node:os';

/** How a program stopped: by itself, which is recorded and replayed, or by something else, which nobody can replay. */
export type Stopped = { readonly trap: string } | { readonly died: string };

/** What a program does to itself. Any other signal came from the machine or from a person. */
const OWN_SIGNALS: Readonly<Record<string, string>> = {
  SIGSEGV: 'memory was accessed out of bounds (SIGSEGV)',
  SIGBUS: 'memory was accessed out of bounds (SIGBUS)',
  SIGFPE: 'an arithmetic operation failed (SIGFPE)',
  SIGILL: 'an instruction failed (SIGILL)',
  SIGABRT: 'the program aborted (SIGABRT)',
  SIGTRAP: 'the program aborted (SIGTRAP)',
  SIGSYS: 'it made a system call that no capsule may make (SIGSYS)',
  SIGXFSZ: 'it wrote a file (SIGXFSZ)',
};

/** How a program ended: with a status, or by a signal of this name. */
export function stoppedBy(status: number, signal: string | undefined): Stopped {
  if (signal === undefined) return { trap: `the program ended with status ${status}` };
  const own = OWN_SIGNALS[signal];
  return own === undefined ? { died: `it was ended by ${signal}` } : { trap: own };
}

/** The name of a signal, or undefined where no signal has the number. */
export function signalNamed(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
}
