import type { CodeEntry } from './entry.ts';

/** 3xxx: policy and admission. Each code has a page in docs/errors/. */
export const POLICY_CODES = {
} as const satisfies Record<`VNES3${number}`, CodeEntry>;
