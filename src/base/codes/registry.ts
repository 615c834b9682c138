import type { CodeEntry } from './entry.ts';

/** 4xxx: registry and resolution. Each code has a page in docs/errors/. */
export const REGISTRY_CODES = {
  VNES4001: { title: 'no capsule found', exit: 'usage' },
  VNES4002: { title: 'path is not a folder', exit: 'usage' },
  VNES4003: { title: 'symbolic link to a folder among capsules', exit: 'usage' },
  VNES4004: { title: 'folders nested beyond the limit of discovery', exit: 'limit' },
  VNES4005: { title: 'broken version or range', exit: 'usage' },
  VNES4006: { title: 'two capsules with the same id and version', exit: 'usage' },
  VNES4007: { title: 'requirements cannot be met together', exit: 'negative' },
  VNES4008: { title: 'capsules that require each other in a circle', exit: 'negative' },
  VNES4009: { title: 'nothing provides a required capability', exit: 'negative' },
  VNES4010: { title: 'resolution beyond a limit', exit: 'limit' },
  VNES4011: { title: 'lock file does not match the resolution', exit: 'negative' },
  VNES4012: { title: 'locked capsule changed without a new version', exit: 'negative' },
} as const satisfies Record<`VNES4${number}`, CodeEntry>;
