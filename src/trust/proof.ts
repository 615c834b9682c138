import { encodeBase64 } from '../base/base64.ts';
import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import type { Walk } from '../capsule/inventory.ts';
import { BUILD_FILE, MANIFEST_FILE, RECEIPT_FILE, type TreeFile } from '../capsule/tree.ts';
import type { TrustStore } from './store.ts';
import type { Verdict } from './verdict.ts';

export const PROOF_FORMAT = 'https://stunir.io/vnes/proof/v1';

/** The files whose bytes a verdict depends on, and not only on their digests. */
export const PROOF_DOCUMENTS: readonly string[] = [MANIFEST_FILE, RECEIPT_FILE, BUILD_FILE];

/** One capsule that was verified: what was read of it, and the verdict about that. */
export interface Proven {
  readonly walk: Walk;
  readonly verdict: Verdict;
}

export interface ProofContext {
  readonly verifier: { readonly name: string; readonly version: string };
  readonly trust: TrustStore;
  /** RFC 3339; null when no check used a time. */
  readonly time: string | null;
}

/**
 * The proof of a verification (schemas/proof.schema.json), as canonical JSON and a line end: the same for the same capsules and
 * trust, whatever machine it was made on.
 */
export function proofText(proven: readonly Proven[], { verifier, trust, time }: ProofContext): string {
  const verified = proven.filter(({ verdict }) => verdict.admitted).length;
  const document = {
    format: PROOF_FORMAT,
    verifier,
    time,
    policy: null,
    trust: trustFacts(trust),
    capsules: proven.map(capsuleFacts),
    totals: { discovered: proven.length, verified, failed: proven.length - verified },
  };
  return `${canonicalJson(plain(document))}\n`;
}

/** Who was trusted, as proofs and verification summaries state it. */
export function trustFacts({ keys }: TrustStore): JsonValue {
  return plain({
    keys: keys.map(({ name, key, namespaces }) => ({ name, public_key: key.base64, namespaces })),
  });
}

function capsuleFacts({ walk, verdict }: Proven): unknown {
  return { folder: verdict.folder, ...walkFacts(walk), verdict };
}

/** What a walk found, without the name of the folder. */
export function walkFacts({ files, kept, problems, imports }: Walk): {
  readonly files: readonly TreeFile[];
  readonly problems: readonly unknown[];
  readonly imports: readonly unknown[];
  readonly documents: Readonly<Record<string, string>>;
} {
  const documents = PROOF_DOCUMENTS.flatMap(path => {
    const bytes = kept.get(path);
    return bytes ? [[path, encodeBase64(bytes)] as const] : [];
  });
  return { files, problems, imports, documents: Object.fromEntries(documents) };
}

/** What canonical JSON can hold of a value: without members that are undefined, and with well-formed strings. */
export function plain(value: unknown): JsonValue {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value as JsonValue;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}
