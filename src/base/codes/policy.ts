import type { CodeEntry } from './entry.ts';

/** 3xxx: policy and admission. Each code has a page in docs/errors/. */
export const POLICY_CODES = {
  VNES3001: { title: 'key may not sign for this namespace', exit: 'negative' },
  VNES3002: { title: 'policy is not the one that the trust root pins', exit: 'negative' },
  VNES3003: { title: 'policy that nobody vouches for', exit: 'negative' },
  VNES3004: { title: 'policy contradicts itself', exit: 'usage' },
  VNES3005: { title: 'expression of a policy is refused', exit: 'usage' },
  VNES3006: { title: 'no rule covers the capsule', exit: 'negative' },
  VNES3007: { title: 'capsule does not meet a rule', exit: 'negative' },
  VNES3008: { title: 'expression of a policy gives no answer', exit: 'negative' },
  VNES3009: { title: 'rule covers no capsule', exit: 'negative' },
  VNES3010: { title: 'waiver contradicts itself', exit: 'usage' },
  VNES3011: { title: 'waiver does not count', exit: 'negative' },
  VNES3012: { title: 'waiver that nothing needs', exit: 'negative' },
  VNES3013: { title: 'waiver cannot be written like this', exit: 'usage' },
  VNES3020: { title: 'code does not fit the determinism tier', exit: 'negative' },
  VNES3021: { title: 'determinism tier cannot be checked', exit: 'negative' },
  VNES3101: { title: 'capsule is quarantined', exit: 'negative' },
  VNES3102: { title: 'capsule stays in quarantine', exit: 'negative' },
  VNES3103: { title: 'capsule cannot be run', exit: 'negative' },
  VNES3104: { title: 'no such capsule in quarantine', exit: 'usage' },
  VNES3105: { title: 'remedy changes what was admitted', exit: 'negative' },
  VNES3106: { title: 'capsule cannot be remedied here', exit: 'negative' },
  VNES3107: { title: 'no terminal for the full screen', exit: 'environment' },
} as const satisfies Record<`VNES3${number}`, CodeEntry>;
