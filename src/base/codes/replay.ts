import type { CodeEntry } from './entry.ts';

/** 8xxx: determinism and replay. Each code has a page in docs/errors/. */
export const REPLAY_CODES = {
  VNES8001: { title: 'no recording here', exit: 'usage' },
  VNES8002: { title: 'recording without a seal', exit: 'negative' },
  VNES8003: { title: 'damaged recording', exit: 'negative' },
  VNES8004: { title: 'recording of an unknown format', exit: 'usage' },
  VNES8005: { title: 'recording cannot be written', exit: 'environment' },
  VNES8006: { title: 'a recording exists here already', exit: 'usage' },
  VNES8007: { title: 'object of a recording missing or damaged', exit: 'negative' },
  VNES8008: { title: 'journal record too large', exit: 'limit' },
  VNES8009: { title: 'end of a recording torn', exit: 'negative' },
  VNES8010: { title: 'file that does not follow from its journal', exit: 'negative' },
  VNES8011: { title: 'index that does not show its journal', exit: 'negative' },
  VNES8012: { title: 'file that is no part of a recording', exit: 'negative' },
  VNES8020: { title: 'not an exported recording', exit: 'negative' },
  VNES8101: { title: 'replay diverged from the recording', exit: 'negative' },
  VNES8102: { title: 'recording was made by another kind of kernel', exit: 'negative' },
  VNES8103: { title: 'replay that would execute nothing', exit: 'negative' },
  VNES8104: { title: 'capsule that takes no recorded place', exit: 'usage' },
  VNES8201: { title: 'invariant broken', exit: 'negative' },
  VNES8202: { title: 'invariant that cannot be decided', exit: 'negative' },
  VNES8203: { title: 'invariant refused', exit: 'usage' },
} as const satisfies Record<`VNES8${number}`, CodeEntry>;
