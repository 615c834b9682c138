import type { CodeEntry } from './entry.ts';

/** 6xxx: lifecycle and scheduling. Each code has a page in docs/errors/. */
export const LIFECYCLE_CODES = {
  VNES6001: { title: 'a capsule failed while it ran', exit: 'capsule' },
  VNES6002: { title: 'a capsule could not start', exit: 'capsule' },
  VNES6003: { title: 'the capsules never come to rest', exit: 'limit' },
  VNES6004: { title: 'a schedule ticks too often', exit: 'limit' },
  VNES6005: { title: 'a capsule was suspended', exit: 'capsule' },
  VNES6006: { title: 'a sandbox died, and its capsule began anew', exit: 'capsule' },
} as const satisfies Record<`VNES6${number}`, CodeEntry>;
