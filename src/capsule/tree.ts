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
  const ordered = [...files].sort((a, b) => compareUtf8(a.path, b.path));
  return sha256(canonicalJson(ordered.map(({ path, mode, size, sha256 }) => ({ path, mode, size, sha256 }))));
}
