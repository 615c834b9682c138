import type { TreeFile } from '../../capsule/tree.ts';
import type { Entry } from './scan.ts';
import type { Sourced } from './sources.ts';

/** One thing to do to a capsule's folder. Paths are bytes, one character each. */
export type Action =
  /** Out of the capsule, into the store of what was removed. */
  | { readonly kind: 'remove'; readonly path: string; readonly entry: Entry }
  /** A folder that the receipt does not know and that holds nothing any more. */
  | { readonly kind: 'remove folder'; readonly path: string }
  /** A file that is not there, or no longer. */
  | { readonly kind: 'write'; readonly path: string; readonly file: TreeFile; readonly found: Sourced }
  | { readonly kind: 'mode'; readonly path: string; readonly file: TreeFile; readonly entry: Entry };
