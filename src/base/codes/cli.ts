import type { CodeEntry } from './entry.ts';

/** 9xxx: the command line itself. Each code has a page in docs/errors/. */
export const CLI_CODES = {
  VNES9001: { title: 'unknown command', exit: 'usage' },
  VNES9002: { title: 'command missing', exit: 'usage' },
  VNES9003: { title: 'unknown option', exit: 'usage' },
  VNES9004: { title: 'argument missing', exit: 'usage' },
  VNES9005: { title: 'too many arguments', exit: 'usage' },
  VNES9006: { title: 'option value missing or not allowed', exit: 'usage' },
  VNES9007: { title: 'required option missing', exit: 'usage' },
  VNES9010: { title: 'no such diagnostic code', exit: 'usage' },
  VNES9011: { title: 'no completion for this shell', exit: 'usage' },
  VNES9012: { title: 'output would change what was verified', exit: 'usage' },
  VNES9020: { title: 'the system refused an operation', exit: 'environment' },
  VNES9021: { title: 'Node.js is too old', exit: 'environment' },
  VNES9022: { title: 'vnes is not built', exit: 'environment' },
  VNES9030: { title: 'interrupted', exit: 'interrupted' },
  VNES9031: { title: 'terminated', exit: 'terminated' },
  VNES9040: { title: 'a thread ended before its work was done', exit: 'bug' },
  VNES9099: { title: 'a bug in vnes', exit: 'bug' },
} as const satisfies Record<`VNES9${number}`, CodeEntry>;
