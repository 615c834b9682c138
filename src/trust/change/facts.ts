import type { Digest } from '../../base/digest.ts';
import type { Walk } from '../../capsule/inventory.ts';

/*
 * A change, or a whole tree, as git holds it: all that a verdict about it depends on, but who is trusted. It is gathered from git
 * (registry/git/gather.ts) or taken from a proof (trust/change/parse.ts), and judged the same (trust/change/judge.ts). Paths and
 * folders are those of the repository, as text; its top is `.`.
 */

export interface GitFacts {
  readonly source: SourceFacts;
  /** The folders that were asked for; none is all of the repository. */
  readonly paths: readonly string[];
  readonly trust: TrustFacts;
  /** Milliseconds since 1970 that expiry is held against. */
  readonly now: number;
  /** The capsules that are examined: those that a change touches, or all of a tree. */
  readonly capsules: readonly CapsuleFacts[];
  /** Those of them, and of the removed ones, that were there before the change, as they were. */
  readonly past: readonly PastFacts[];
  readonly removed: readonly RemovedFacts[];
  /** The schemas of topics that are not what they were, before the change and after it. */
  readonly schemas: SchemaFacts;
  /** The trust files that change, outside of capsules. */
  readonly trustFiles: readonly TrustFileFacts[];
  /** The folders with a policy or waivers in which one of these, or the trust file, changes; likewise. */
  readonly governance: readonly GovernanceFacts[];
  /** Links outside of capsules: those that the change brings, or all of a tree. */
  readonly links: readonly LinkFacts[];
  /** Submodules outside of capsules, likewise. */
  readonly submodules: readonly string[];
}

/** The bytes of schemas by their digests. */
export type SchemaFacts = ReadonlyMap<Digest, Uint8Array>;

/** What was looked at, by full commit ids. */
export interface SourceFacts {
  readonly kind: 'staged' | 'since' | 'tree';
  /** What it is compared with; null for a tree, and before the first commit. */
  readonly base: string | null;
  /** What is under test; null is the index. */
  readonly commit: string | null;
  /** What the change is to be merged into. Then what was there before has been published. */
  readonly target: string | null;
}

/** An entry of a git tree: its mode in six digits, and the id of its object. */
export interface Entry {
  readonly mode: string;
  readonly id: string;
}

/** Where trust came from. */
export interface TrustFacts {
  /** The files, as they are shown. */
  readonly files: readonly string[];
  /** A file that was named, the trust file of a commit that was named, or that of the base. */
  readonly from: 'file' | 'commit' | 'base';
  /** The commit whose trust file counted. */
  readonly commit: string | null;
  /** The trust file of the base, and of the commit that the change is to be merged into. */
  readonly base: Entry | null;
  readonly target: Entry | null;
  /** The waivers of the commit that the change is to be merged into; null is none, or no such commit. */
  readonly waivers: Uint8Array | null;
}

export interface PastFacts {
  readonly folder: string;
  readonly walk: Walk;
}

export interface CapsuleFacts extends PastFacts {
  readonly changes: readonly PathChange[];
}

/** What became of one path in a capsule, by git's modes; null is nothing. */
export interface PathChange {
  /** Within the capsule. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A folder that was a capsule before the change and is none after it. */
export interface RemovedFacts {
  readonly folder: string;
  /** What is there now: at the folders above it, outermost first, and last at the folder itself, as far as there is anything. */
  readonly there: readonly { readonly path: string; readonly mode: string }[];
  /** How many entries the folder has now. */
  readonly entries: number;
  /** Whether what it has now belongs to capsules, around it or below it. */
  readonly covered: boolean;
}

/** A file before the change and after it; null is no file. */
export interface BeforeAfter {
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

/** A trust file that changes. */
export interface TrustFileFacts extends BeforeAfter {
  readonly path: string;
}

/** What governs in a folder, whether it changes or not. */
export interface GovernanceFacts {
  readonly folder: string;
  readonly trust: BeforeAfter;
  readonly policy: BeforeAfter;
  readonly waivers: BeforeAfter;
}

export interface LinkFacts {
  readonly path: string;
  /** What it says, then what the link says that it leads to, and so on. */
  readonly targets: readonly string[];
  /** The mode of what lies at the end; null is nothing, or a place outside of the repository. */
  readonly end: string | null;
}

export const FOLDER_MODE = '040000';
export const LINK_MODE = '120000';
export const SUBMODULE_MODE = '160000';

/** Modes of what is neither a file nor a folder, in words. */
export const OTHER_KINDS: Readonly<Record<string, string>> = {
  [LINK_MODE]: 'a symbolic link',
  [SUBMODULE_MODE]: 'a submodule',
};

/** A path in a folder of the repository. */
export function below(folder: string, path: string): string {
  return folder === '.' ? path : `${folder}/${path}`;
}
