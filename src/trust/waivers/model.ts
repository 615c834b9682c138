import type { WaiversDocument } from '../../generated/waivers.js';
import type { Check } from '../verdict.ts';

export type { WaiversDocument };
/** A waiver with its signatures. */
export type WaiverEntry = WaiversDocument['waivers'][number];
/** What is signed of a waiver. */
export type Waiver = WaiverEntry['waiver'];

/** The waivers that were there, and what they change. */
export interface WaiverTrust {
  /** As diagnostics call it. */
  readonly file: string;
  readonly document: WaiversDocument;
  /** What becomes of a check that failed and may be waived. */
  readonly decide: (check: Check, subject: WaivedSubject) => Check;
}

/** The capsule that a waiver is held against. */
export interface WaivedSubject {
  readonly id: string;
  readonly version: string;
  readonly tree: string;
}
