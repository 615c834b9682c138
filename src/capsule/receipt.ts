import { decodeBase64 } from '../base/base64.ts';
import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { parseJson } from '../base/json.ts';
import { refuseViolations } from '../base/schema.ts';
import { validateReceipt, validateStatement } from '../generated/receipt.js';
import type { Tier } from './tier.ts';
import type { TreeFile } from './tree.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://stunir.io/predicate/capsule/v1';

/** What a receipt says about a capsule: an in-toto Statement v1 (docs/receipts.md). */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: Predicate;
}

export interface Predicate {
  readonly capsule: { readonly id: string; readonly version: string };
  readonly files: readonly TreeFile[];
  readonly input_hash: Digest;
  readonly output_hash: Digest;
  readonly determinism_tier: Tier;
  readonly audit?: AuditEvidence;
  readonly toolchain: readonly Tool[];
  readonly environment: Readonly<Record<string, string>>;
  readonly transformations: readonly Transformation[];
  readonly timestamp: string;
}

/** What an audit of this very tree found out (docs/audit.md), in the receipt's own spelling. */
export interface AuditEvidence {
  readonly auditor: string;
  readonly tree: Digest;
  readonly tier: Exclude<Tier, 'NX_experimental'>;
  readonly verdict: 'granted' | 'held';
  readonly input: string;
  readonly runs: number;
  readonly deliveries: number;
  readonly no_matter: readonly string[];
  readonly depends_on: readonly string[];
}

export interface Tool {
  readonly tool: string;
  readonly version: string;
}

export interface Transformation {
  readonly step: string;
  readonly tool: string;
  readonly input_hash: Digest;
  readonly output_hash: Digest;
}

export interface Signature {
  /** A hint only: nobody vouches for it. */
  readonly keyid?: string;
  readonly bytes: Buffer;
}

/** A receipt, read once. `statement` is what `payload` says, and `payload` is what the signatures are over. */
export interface Receipt {
  readonly payload: Uint8Array;
  readonly signatures: readonly Signature[];
  readonly statement: Statement;
}

interface Envelope {
  readonly payload: string;
  readonly signatures: readonly { readonly keyid?: string; readonly sig: string }[];
}

/**
 * A receipt from the bytes of `receipt.stunir.json`. Says nothing about whether its signatures hold.
 * @throws Failure VNES1001 to VNES1007 for what is not strict JSON; VNES2002 for what is no receipt.
 */
export function parseReceipt(bytes: Uint8Array, file: string): Receipt {
  const envelope = parseJson(bytes, { file });
  refuseViolations(validateReceipt(envelope), { file, bytes }, 'VNES2002');
  const { payload: text, signatures } = envelope as unknown as Envelope;
  const payload = base64(text, '/payload', file);
  const inside = `${file} (payload)`;
  const statement = parseJson(payload, { file: inside });
  refuseViolations(validateStatement(statement), { file: inside, bytes: payload }, 'VNES2002');
  return {
    payload,
    statement: statement as unknown as Statement,
    signatures: signatures.map(({ keyid, sig }, index) => ({
      ...(keyid === undefined ? {} : { keyid }),
      bytes: base64(sig, `/signatures/${index}/sig`, file),
    })),
  };
}

function base64(text: string, pointer: string, file: string): Buffer {
  const bytes = decodeBase64(text);
  if (bytes) return bytes;
  return fail('VNES2002', 'the receipt holds broken base64', {
    place: { file, pointer },
    expected: 'standard base64 with padding and nothing else (RFC 4648, section 4)',
    found: text.length > 40 ? `${text.slice(0, 37)}...` : text,
  });
}
