import { canonicalJson } from '../base/canonical.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import { compareUtf8 } from '../base/order.ts';

/** The receipt lies beside what it covers. */
export const RECEIPT_FILE = 'receipt.stunir.json';
export const MANIFEST_FILE = 'manifest.json';

/** One file of a capsule. */
export interface TreeFile {
  /** Relative path with `/`, NFC. */
  readonly path: string;
  /** git's file modes: plain or executable. */
  readonly mode: '100644' | '100755';
  /** Bytes. */
  readonly size: number;
  readonly sha256: Digest;
}

/**
 * The digest of a capsule's tree: SHA-256 over the canonical JSON array of its files, ordered by the UTF-8 bytes of their
 * paths. JSON's quoting makes the framing unambiguous; `jq` and `openssl` can recompute it (docs/receipts.md).
 */
export function treeDigest(files: readonly TreeFile[]): Digest {
  const ordered = files.toSorted((a, b) => compareUtf8(a.path, b.path));
  return sha256(`[${ordered.map(canonicalFile).join(',')}]`);
}

/** Canonical JSON of one file, with its keys in their canonical order; the one digest that large trees wait for. */
function canonicalFile({ path, mode, size, sha256 }: TreeFile): string {
  return `{"mode":"${mode}","path":${canonicalJson(path)},"sha256":"${sha256}","size":${size}}`;
}

/** What `vnes build` notes about its work; derived, and so not part of what it derives. */
export const BUILD_FILE = 'impl/build.json';

/** The older layout of a capsule keeps its spec flat at the top (companion facts). */
const FLAT_SPEC: readonly string[] = ['logic.md', 'schema.json', 'policy.yaml'];

/** Whether a file is something people write, that builds start from: manifest, spec and sources. */
export function isInput(path: string): boolean {
  return (
    path === MANIFEST_FILE ||
    path.startsWith('spec/') ||
    path.startsWith('impl/src/') ||
    FLAT_SPEC.includes(path)
  );
}

/** Whether a file is something that a build made. */
export function isOutput(path: string): boolean {
  return path.startsWith('impl/') && !path.startsWith('impl/src/') && path !== BUILD_FILE;
}

/** `input_hash` of receipts and builds: the tree digest of the inputs alone. */
export function inputHash(files: readonly TreeFile[]): Digest {
  return treeDigest(files.filter(file => isInput(file.path)));
}

/** `output_hash` of receipts: the tree digest of what the build made. */
export function outputHash(files: readonly TreeFile[]): Digest {
  return treeDigest(files.filter(file => isOutput(file.path)));
}
