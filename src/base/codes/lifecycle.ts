import type { CodeEntry } from './entry.ts';

/** 6xxx: lifecycle and scheduling. Each code has a page in docs/errors/. */
export const LIFECYCLE_CODES = {
} as const satisfies Record<`VNES6${number}`, CodeEntry>;
