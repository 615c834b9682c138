import type { CodeEntry } from './entry.ts';

/** 7xxx: bus and state. Each code has a page in docs/errors/. */
export const DATA_CODES = {
} as const satisfies Record<`VNES7${number}`, CodeEntry>;
