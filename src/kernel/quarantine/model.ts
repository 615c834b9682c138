import type { Digest } from '../../base/digest.ts';
import type { TreeFile } from '../../capsule/tree.ts';
import type { ReceiptSigner } from '../../trust/receipt-signers.ts';
import type { Verdict } from '../../trust/verdict.ts';

/** Who examined a capsule: `run` also asks whether it can be run here, `verify` does not. */
export type Gate = 'run' | 'verify';

/** A file of an examined capsule. */
export interface KeptFile extends TreeFile {
  /** Whether its bytes were kept; otherwise it was too large, and only its digest is known. */
  readonly kept: boolean;
}

/** What a capsule held when it was examined. */
export interface KeptContent {
  readonly files: readonly KeptFile[];
  /** The digest of its receipt; null when it had none. */
  readonly receipt: Digest | null;
  readonly signers: readonly ReceiptSigner[];
}

/** One decision about the capsule in one folder. It is never changed: what is decided next is another entry. */
export interface Entry {
  readonly schemaVersion: 2;
  /** Where the capsule lies: relative to the folder of `.vnes` with `/`, absolute when it lies outside of it. */
  readonly folder: string;
  /** `id@version`, or the folder of a capsule that does not say who it is. */
  readonly name: string;
  readonly gate: Gate;
  /** RFC 3339: when this was decided. */
  readonly at: string;
  /** RFC 3339: since when the capsule has had this content and grade without a break. */
  readonly since: string;
  readonly verdict: Verdict;
  readonly content: KeptContent;
}

/** All that is remembered of the capsule in one folder. */
export interface CapsuleRecord {
  /** Oldest first; the last one is what counts. */
  readonly entries: readonly [Entry, ...Entry[]];
  readonly now: Entry;
  /** What the capsule was when it was last admitted; with other content than now, if it is admitted now. */
  readonly lastAdmitted: Entry | undefined;
}
