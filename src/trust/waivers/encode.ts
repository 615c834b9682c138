import { canonicalBytes, canonicalJson } from '../../base/canonical.ts';
import type { JsonValue } from '../../base/json.ts';
import { preAuthEncoding } from '../dsse.ts';
import type { Waiver, WaiverEntry, WaiversDocument } from './model.ts';

/** Keeps a signature over a waiver from being one over anything else, and the other way round. */
const WAIVER_TYPE = 'application/vnd.stunir.vnes-waiver+json';

/** The bytes that signatures of a waiver are over: its canonical JSON in DSSE's pre-authentication encoding. */
export function waiverMessage(waiver: Waiver): Uint8Array {
  return preAuthEncoding(WAIVER_TYPE, canonicalBytes(waiver as unknown as JsonValue));
}

/** A waiver with its signatures as one text: two that differ in anything differ in it. */
export function entryText(entry: WaiverEntry): string {
  return canonicalJson(entry as unknown as JsonValue);
}

/** The file's text: indented, so that a change to it can be read in a diff. */
export function waiversText(document: WaiversDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
