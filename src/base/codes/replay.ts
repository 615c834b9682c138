import type { CodeEntry } from './entry.ts';

/** 8xxx: determinism and replay. Each code has a page in docs/errors/. */
export const REPLAY_CODES = {
} as const satisfies Record<`VNES8${number}`, CodeEntry>;
