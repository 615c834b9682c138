import { encodeBase64 } from '../base/base64.ts';
import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import { formatUtc } from '../base/time.ts';
import type { Walk } from '../capsule/inventory.ts';
import { BUILD_FILE, MANIFEST_FILE, RECEIPT_FILE, type TreeFile } from '../capsule/tree.ts';
import { totalsOf } from './grade.ts';
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
}

/**
 * The proof of a verification (schemas/proof.schema.json), as canonical JSON and a line end. The same capsules, shown by the same
 * names, under the same trust always give the same bytes.
 */
export function proofText(proven: readonly Proven[], { verifier, trust }: ProofContext): string {
  const document = {
    format: PROOF_FORMAT,
    verifier,
    time: timeOf(trust),
    policy: null,
    trust: trustFacts(trust),
    capsules: proven.map(capsuleFacts),
    totals: totalsOf(proven.map(({ verdict }) => verdict)),
  };
  return `${canonicalJson(plain(document))}\n`;
}

/** Who was trusted, as proofs and verification summaries state it. */
export function trustFacts({ keys, root, problems = [] }: TrustStore): JsonValue {
  return plain({
    keys: keys.map(({ name, key, namespaces }) => ({ name, public_key: key.base64, namespaces })),
    root: root ? { file: root.file, document: root.document, forgotten: root.forgotten } : null,
    problems,
  });
}

/** The time that a verdict depends on, as proofs state it; null when it depends on none. */
export function timeOf({ root }: TrustStore): string | null {
  return root ? formatUtc(root.now) : null;
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
