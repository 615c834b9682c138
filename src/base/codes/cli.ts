import type { CodeEntry } from './entry.ts';

/** 9xxx: the command line itself. Each code has a page in docs/errors/. */
export const CLI_CODES = {
} as const satisfies Record<`VNES9${number}`, CodeEntry>;
