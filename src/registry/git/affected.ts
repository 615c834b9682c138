import { MANIFEST_FILE } from '../../capsule/tree.ts';
import type { Change } from './changes.ts';
import { capsuleOf, discoverIn, holdsCapsule } from './discover.ts';
import type { GitTree } from './tree.ts';

/** The capsules that a change touches. Paths are bytes, each once and in order. */
export interface Affected {
  /** Those that are there after the change, with the changes to each. */
  readonly capsules: ReadonlyMap<string, readonly Change[]>;
  /** Those that were there before it and are no capsules any more. */
  readonly removed: readonly string[];
}

/**
 * Which capsules a change touches. A capsule can also appear or disappear without a change to any of its own files: when the
 * manifest of a capsule round it goes or comes.
 */
export async function affectedBy(
  changes: readonly Change[],
  before: GitTree,
  after: GitTree,
): Promise<Affected> {
  const touched = new Map<string, Change[]>();
  const removed = new Set<string>();
  const settled = new Set<string>();
  for (const change of changes) {
    const [was, is] = await Promise.all([capsuleOf(before, change.path), capsuleOf(after, change.path)]);
    if (is !== undefined) note(touched, is).push(change);
    for (const folder of [was, is]) {
      if (folder === undefined || settled.has(folder)) continue;
      settled.add(folder);
      await settle(folder, before, after, touched, removed);
    }
  }
  return {
    capsules: new Map([...touched].sort(([a], [b]) => (a < b ? -1 : 1))),
    removed: [...removed].sort(),
  };
}

/** What else follows from a folder that is or was a capsule. */
async function settle(
  folder: string,
  before: GitTree,
  after: GitTree,
  touched: Map<string, Change[]>,
  removed: Set<string>,
): Promise<void> {
  const [was, is] = await Promise.all([holdsCapsule(before, folder), holdsCapsule(after, folder)]);
  if (was && !is) {
    removed.add(folder);
    const surrounding = await capsuleOf(after, `${folder}/${MANIFEST_FILE}`);
    const below = surrounding === undefined ? (await discoverIn(after, folder)).capsules : [];
    for (const capsule of below) note(touched, capsule);
  }
  if (is && !was) {
    const surrounding = await capsuleOf(before, `${folder}/${MANIFEST_FILE}`);
    const below = surrounding === undefined ? (await discoverIn(before, folder)).capsules : [];
    for (const capsule of below) removed.add(capsule);
  }
}

function note(touched: Map<string, Change[]>, folder: string): Change[] {
  const known = touched.get(folder) ?? [];
  touched.set(folder, known);
  return known;
}
