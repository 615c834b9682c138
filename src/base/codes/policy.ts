import type { CodeEntry } from './entry.ts';

/** 3xxx: policy and admission. Each code has a page in docs/errors/. */
export const POLICY_CODES = {
  VNES3001: { title: 'key may not sign for this namespace', exit: 'negative' },
  VNES3020: { title: 'code does not fit the determinism tier', exit: 'negative' },
  VNES3021: { title: 'determinism tier cannot be checked', exit: 'negative' },
  VNES3101: { title: 'capsule is quarantined', exit: 'negative' },
  VNES3103: { title: 'capsule cannot be run', exit: 'negative' },
  VNES3104: { title: 'no such capsule in quarantine', exit: 'usage' },
} as const satisfies Record<`VNES3${number}`, CodeEntry>;
