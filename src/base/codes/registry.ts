import type { CodeEntry } from './entry.ts';

/** 4xxx: registry and resolution. Each code has a page in docs/errors/. */
export const REGISTRY_CODES = {
  VNES4001: { title: 'no capsule found', exit: 'usage' },
  VNES4002: { title: 'path is not a folder', exit: 'usage' },
  VNES4003: { title: 'symbolic link to a folder among capsules', exit: 'usage' },
  VNES4004: { title: 'folders nested beyond the limit of discovery', exit: 'limit' },
} as const satisfies Record<`VNES4${number}`, CodeEntry>;
