import type { Digest } from '../../base/digest.ts';
import { LIMITS } from '../../base/limits.ts';
import { compareUtf8 } from '../../base/order.ts';
import { MANIFEST_FILE, type TreeFile } from '../../capsule/tree.ts';
import { type ManifestChange, manifestChanges } from './manifest-difference.ts';
import type { KeptContent } from './model.ts';
import { type Patch, patchOf } from './patch.ts';
import { type SignerChange, signerChanges } from './signer-difference.ts';

/** A file that is not what it was. */
export interface FileChange {
  readonly path: string;
  /** `mode` when nothing but the mode changed. */
  readonly change: 'added' | 'removed' | 'changed' | 'mode';
  readonly before?: Facts;
  readonly after?: Facts;
  /** Line by line, or why it is not shown so. */
  readonly patch: Patch;
}

type Facts = Pick<TreeFile, 'mode' | 'size' | 'sha256'>;

/** What changed of a capsule from one examination to another. */
export interface Difference {
  readonly files: readonly FileChange[];
  readonly manifest: readonly ManifestChange[];
  readonly signers: readonly SignerChange[];
}

/** Bytes by their digest; undefined when they were not kept. */
export type ReadBytes = (digest: Digest) => Uint8Array | undefined;

/** Compares what a capsule held before with what it holds, file by file, field by field, signer by signer. */
export async function differenceOf(
  before: KeptContent,
  after: KeptContent,
  read: ReadBytes,
): Promise<Difference> {
  const files: FileChange[] = [];
  for (const [index, pair] of pairs(before.files, after.files).entries()) {
    const patch = index < LIMITS.diffFiles ? await patchFor(pair, read) : BEYOND;
    files.push({ ...pair, patch });
  }
  return {
    files,
    manifest: manifestChanges(manifestOf(before, read), manifestOf(after, read)),
    signers: signerChanges(before.signers, after.signers),
  };
}

const BEYOND: Patch = { unshown: `more than ${LIMITS.diffFiles} files differ` };

function patchFor({ path, before, after }: Omit<FileChange, 'patch'>, read: ReadBytes): Promise<Patch> {
  return patchOf(path, bytesOf(before, read), bytesOf(after, read));
}

function pairs(before: readonly TreeFile[], after: readonly TreeFile[]): Omit<FileChange, 'patch'>[] {
  const [old, now] = [before, after].map(files => new Map(files.map(file => [file.path, file])));
  const paths = [...new Set([...old!.keys(), ...now!.keys()])].sort(compareUtf8);
  return paths.flatMap(path => pair(path, old!.get(path), now!.get(path)) ?? []);
}

function pair(
  path: string,
  before: TreeFile | undefined,
  after: TreeFile | undefined,
): Omit<FileChange, 'patch'> | undefined {
  if (!before) return { path, change: 'added', after: facts(after!) };
  if (!after) return { path, change: 'removed', before: facts(before) };
  const both = { before: facts(before), after: facts(after) };
  if (before.sha256 !== after.sha256) return { path, change: 'changed', ...both };
  return before.mode === after.mode ? undefined : { path, change: 'mode', ...both };
}

function facts({ mode, size, sha256 }: TreeFile): Facts {
  return { mode, size, sha256 };
}

/** No file is as good as an empty one; null for bytes that were not kept. */
function bytesOf(file: Facts | undefined, read: ReadBytes): Uint8Array | null {
  return file ? (read(file.sha256) ?? null) : new Uint8Array();
}

function manifestOf({ files }: KeptContent, read: ReadBytes): Uint8Array | undefined {
  const file = files.find(({ path }) => path === MANIFEST_FILE);
  return file && read(file.sha256);
}
