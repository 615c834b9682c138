import { canonicalBytes } from '../../base/canonical.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import type { JsonValue } from '../../base/json.ts';
import { preAuthEncoding } from '../dsse.ts';
import type { RootDocument, SignedRoot } from './model.ts';

/** Keeps a signature over a root from being one over anything else, and the other way round. */
const ROOT_TYPE = 'application/vnd.stunir.vnes-trust-root+json';

/** The bytes that signatures of a root are over: its canonical JSON in DSSE's pre-authentication encoding. */
export function rootMessage(signed: SignedRoot): Uint8Array {
  return preAuthEncoding(ROOT_TYPE, canonical(signed));
}

/** The digest of one version's canonical JSON. */
export function rootDigest(signed: SignedRoot): Digest {
  return sha256(canonical(signed));
}

/** The file's text: indented, so that a change to it can be read in a diff. */
export function rootText(document: RootDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function canonical(signed: SignedRoot): Uint8Array {
  return canonicalBytes(signed as unknown as JsonValue);
}
