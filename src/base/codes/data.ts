import type { CodeEntry } from './entry.ts';

/** 7xxx: bus and state. Each code has a page in docs/errors/. */
export const DATA_CODES = {
  VNES7001: { title: 'not a topic name', exit: 'usage' },
  VNES7002: { title: 'unknown topic', exit: 'negative' },
  VNES7003: { title: 'schema of a topic or method cannot be used', exit: 'usage' },
  VNES7004: { title: 'conflicting declarations of a topic', exit: 'negative' },
  VNES7005: { title: 'schemas of a topic that do not fit each other', exit: 'negative' },
  VNES7006: { title: 'topic of the kernel', exit: 'negative' },
  VNES7007: { title: 'no policy capsule decides, or several do', exit: 'negative' },
  VNES7008: { title: 'a call against the schema of its method', exit: 'capsule' },
  VNES7009: { title: 'a pattern of a schema that takes too long', exit: 'limit' },
  VNES7010: { title: 'state prefixes of two capsules overlap', exit: 'negative' },
  VNES7011: { title: 'no such key in the state', exit: 'negative' },
  VNES7012: { title: 'no such event in the recording', exit: 'negative' },
  VNES7013: { title: 'not a reference to a point', exit: 'usage' },
  VNES7014: { title: 'history that was dropped', exit: 'negative' },
} as const satisfies Record<`VNES7${number}`, CodeEntry>;
