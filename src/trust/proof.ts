import { encodeBase64 } from '../base/base64.ts';
import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import { formatUtc } from '../base/time.ts';
import type { Walk } from '../capsule/inventory.ts';
import { BUILD_FILE, MANIFEST_FILE, RECEIPT_FILE, type TreeFile } from '../capsule/tree.ts';
import type { BeforeAfter, GitFacts, PathChange } from './change/facts.ts';
import type { GitVerdict } from './change/judge.ts';
import { totalsOf } from './grade.ts';
import type { TrustStore } from './store.ts';
import type { Proven } from './verdict.ts';

export const PROOF_FORMAT = 'https://stunir.io/vnes/proof/v1';

/** The files whose bytes a verdict depends on, and not only on their digests. */
export const PROOF_DOCUMENTS: readonly string[] = [MANIFEST_FILE, RECEIPT_FILE, BUILD_FILE];

export interface ProofContext {
  readonly verifier: { readonly name: string; readonly version: string };
  readonly trust: TrustStore;
  /** What was gathered from git and judged, when the capsules are those of git. */
  readonly git?: (Pick<GitVerdict, 'removed' | 'change'> & { readonly facts: GitFacts }) | undefined;
}

/**
 * The proof of a verification (schemas/proof.schema.json), as canonical JSON and a line end. The same capsules, shown by the same
 * names, under the same trust always give the same bytes.
 */
export function proofText(proven: readonly Proven[], { verifier, trust, git }: ProofContext): string {
  const document = {
    format: PROOF_FORMAT,
    verifier,
    time: timeOf(trust, git?.facts),
    policy: policyFacts(trust),
    waivers: waiverFacts(trust),
    trust: trustFacts(trust),
    git: git ? { ...gitFacts(git.facts), removed: git.removed, change: git.change } : null,
    capsules: proven.map((each, index) => capsuleFacts(each, git?.facts.capsules[index]?.changes)),
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

/** What was asked of capsules besides signatures, as proofs state it. */
function policyFacts({ policy }: TrustStore): JsonValue {
  if (!policy) return null;
  const { source, file, document, problems } = policy;
  return plain({ source, file, document, problems });
}

function waiverFacts({ waivers }: TrustStore): JsonValue {
  return waivers ? plain({ file: waivers.file, document: waivers.document }) : null;
}

/** The time that a verdict depends on, as proofs state it; null when it depends on none. */
export function timeOf({ root }: TrustStore, git?: GitFacts): string | null {
  if (root) return formatUtc(root.now);
  return git && git.trustFiles.length + git.governance.length > 0 ? formatUtc(git.now) : null;
}

function capsuleFacts({ walk, verdict }: Proven, changes: readonly PathChange[] | undefined): unknown {
  return { folder: verdict.folder, ...walkFacts(walk), ...(changes ? { changes } : {}), verdict };
}

/** What was gathered from git, but the capsules and the time. */
export function gitFacts(facts: GitFacts) {
  const { source, paths, trust, past, removed, schemas, trustFiles, governance, links, submodules } = facts;
  return {
    source,
    paths,
    trust: { ...trust, waivers: encoded(trust.waivers) },
    past: past.map(({ folder, walk }) => ({ folder, ...walkFacts(walk) })),
    gone: removed,
    schemas: [...schemas.values()].map(bytes => encodeBase64(bytes)),
    trust_files: trustFiles.map(({ path, ...file }) => ({ path, ...fileFacts(file) })),
    governance: governance.map(({ folder, ...files }) => ({
      folder,
      trust: fileFacts(files.trust),
      policy: fileFacts(files.policy),
      waivers: fileFacts(files.waivers),
    })),
    links,
    submodules,
  };
}

function fileFacts({ before, after }: BeforeAfter) {
  return { before: encoded(before), after: encoded(after) };
}

function encoded(bytes: Uint8Array | null): string | null {
  return bytes && encodeBase64(bytes);
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
