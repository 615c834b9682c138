import type { CodeEntry } from './entry.ts';

/** 4xxx: registry and resolution. Each code has a page in docs/errors/. */
export const REGISTRY_CODES = {
} as const satisfies Record<`VNES4${number}`, CodeEntry>;
