import type { CodeEntry } from './entry.ts';

/** 2xxx: digests, receipts, signatures. Each code has a page in docs/errors/. */
export const TRUST_CODES = {
} as const satisfies Record<`VNES2${number}`, CodeEntry>;
