import { resolve } from 'node:path';
import { type BuildOutcome, builtFiles, compilePlan, planBuild } from '../../authoring/build/build.ts';
import { isBuilt } from '../../authoring/build/builders.ts';
import { Failure, fail } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { commandLine } from '../../base/shell.ts';
import type { Walk } from '../../capsule/inventory.ts';
import { parseManifest } from '../../capsule/parse.ts';
import { parseReceipt } from '../../capsule/receipt.ts';
import { MANIFEST_FILE, RECEIPT_FILE, type TreeFile, treeDigest } from '../../capsule/tree.ts';
import { type ReceiptSigner, receiptSigners } from '../../trust/receipt-signers.ts';
import type { TrustStore } from '../../trust/store.ts';
import type { KeptBytes } from './bytes.ts';
import type { ReadBytes } from './difference.ts';
import { beyondMending } from './grounds.ts';
import type { Decision } from './keep.ts';
import type { Entry, KeptContent } from './model.ts';
import type { Place } from './release.ts';

/** How a capsule would be brought back to what its author signs. */
export interface RemedyPlan {
  /** Absolute. */
  readonly folder: string;
  readonly shownAs: string;
  readonly id: string;
  /** What was last admitted. */
  readonly last: Entry;
  /** Who signed that, as its receipt proves under the present trust, whatever the record says. */
  readonly authors: readonly ReceiptSigner[];
  /** What would be written; absent for a capsule that vnes does not build. */
  readonly build: BuildOutcome | undefined;
  /** What the capsule would hold. */
  readonly content: KeptContent;
  /** The receipt that lies there now. */
  readonly receipt: Digest | null;
  readonly tree: Digest;
  /** Bytes of both sides, as far as they are there. */
  readonly read: ReadBytes;
}

/**
 * Plans a remedy without writing anything: the sources that lie there, built anew.
 * @throws Failure VNES3106 when this is no case for one; VNES54xx when the sources do not build.
 */
export async function planRemedy(
  { verdict, walk }: Decision,
  last: Entry | undefined,
  { cwd, trust, cacheDir }: Pick<Place, 'cwd' | 'trust' | 'cacheDir'>,
  bytes: KeptBytes,
): Promise<RemedyPlan> {
  const shownAs = verdict.folder;
  const other = beyondMending(verdict);
  if (other.length > 0)
    refuse(shownAs, 'capsules that are only not what was signed', other.map(({ rule }) => rule).join(', '));
  if (!last)
    return refuse(shownAs, 'a version that was admitted here before', 'none: nobody is known as its author');
  if (verdict.id !== last.verdict.id)
    refuse(shownAs, `the capsule ${last.verdict.id}`, `the capsule ${verdict.id}`);
  const authors = authorsOf(last, bytes, trust);
  if (authors.length === 0)
    refuse(shownAs, `a receipt of ${last.name} that holds under the present trust`, 'none that was kept');
  const folder = resolve(cwd, shownAs);
  const manifest = parseManifest(walk.kept.get(MANIFEST_FILE)!, `${shownAs}/${MANIFEST_FILE}`);
  const build = isBuilt(manifest) ? await compilePlan(planBuild(folder, shownAs, cacheDir)) : undefined;
  const built = build ? builtFiles(build) : new Map<string, Uint8Array>();
  const files = afterBuild(walk.files, built);
  const receipt = walk.kept.get(RECEIPT_FILE);
  const known = new Map(
    [...walk.kept.values(), ...built.values()].map(content => [sha256(content), content]),
  );
  return {
    folder,
    shownAs,
    id: last.verdict.id!,
    last,
    authors,
    build,
    content: { files: files.map(file => ({ ...file, kept: true })), receipt: null, signers: [] },
    receipt: receipt ? sha256(receipt) : null,
    tree: treeDigest(files),
    read: digest => known.get(digest) ?? bytes.read(digest),
  };
}

/**
 * Whose signatures hold over what was last admitted. The record itself proves nothing: whoever can write to the folder can write
 * one, and would have others sign what it calls admitted.
 */
function authorsOf(
  { verdict, content }: Entry,
  bytes: KeptBytes,
  trust: TrustStore,
): readonly ReceiptSigner[] {
  const receipt = content.receipt ? bytes.read(content.receipt) : undefined;
  if (!receipt || subjectOf(receipt) !== verdict.tree) return [];
  return receiptSigners(receipt, verdict.id, trust).filter(({ state }) => state === 'holds');
}

function subjectOf(receipt: Uint8Array): Digest | undefined {
  try {
    const [subject] = parseReceipt(receipt, RECEIPT_FILE).statement.subject;
    return subject && `sha256:${subject.digest.sha256}`;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The files of a capsule once a build has written its own. */
function afterBuild(files: Walk['files'], built: ReadonlyMap<string, Uint8Array>): readonly TreeFile[] {
  const others = files.filter(({ path }) => !built.has(path));
  const fresh = [...built].map(([path, content]) => ({
    path,
    mode: '100644' as const,
    size: content.length,
    sha256: sha256(content),
  }));
  return [...others, ...fresh];
}

function refuse(shownAs: string, expected: string, found: string): never {
  return fail('VNES3106', 'the capsule cannot be remedied here', {
    place: { file: shownAs },
    expected,
    found,
    help: `look at what changed: ${commandLine(['vnes', 'quarantine-inspect'], [shownAs])}`,
  });
}
