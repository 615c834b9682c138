import type { CodeEntry } from './entry.ts';

/** 5xxx: sandbox and binding. Each code has a page in docs/errors/. */
export const SANDBOX_CODES = {
} as const satisfies Record<`VNES5${number}`, CodeEntry>;
