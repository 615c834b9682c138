import { fail } from '../../base/diagnostic.ts';
import { MANIFEST_FILE, RECEIPT_FILE } from '../../capsule/tree.ts';
import { FOLDER_MODE, LINK_MODE, SUBMODULE_MODE } from '../../trust/change/facts.ts';
import { shownPath } from './bytes.ts';
import type { GitTree } from './tree.ts';

/** Levels that discovery descends: no tree that anybody made by hand has as many. */
const MAX_DEPTH = 128;

/** What lies in a tree, found by the rules of folders (registry/walk.ts). Paths are bytes. */
export interface Found {
  readonly capsules: string[];
  /** Links and submodules outside of capsules: nobody has looked at what they lead to. */
  readonly links: string[];
  readonly submodules: string[];
}

/** Finds all capsules below a folder. Does not enter a capsule, `node_modules` or folders that begin with a dot. */
export async function discoverIn(tree: GitTree, below: string): Promise<Found> {
  const found: Found = { capsules: [], links: [], submodules: [] };
  await visit(tree, below, 0, found);
  for (const paths of Object.values(found)) paths.sort();
  return found;
}

async function visit(tree: GitTree, folder: string, depth: number, found: Found): Promise<void> {
  const entries = await tree.list(folder);
  if (isCapsule(entries)) {
    found.capsules.push(folder);
    return;
  }
  if (depth > MAX_DEPTH) {
    fail('VNES4004', 'folders are nested too deeply to look for capsules', {
      place: { file: shownPath(folder) },
      expected: `at most ${MAX_DEPTH} levels`,
    });
  }
  const visits: Promise<void>[] = [];
  for (const [name, { mode }] of entries) {
    if (isHidden(name)) continue;
    const path = folder === '' ? name : `${folder}/${name}`;
    if (mode === FOLDER_MODE) visits.push(visit(tree, path, depth + 1, found));
    else if (mode === LINK_MODE) found.links.push(path);
    else if (mode === SUBMODULE_MODE) found.submodules.push(path);
  }
  await Promise.all(visits);
}

/** The capsule that a path lies in: the outermost one, as discovery would find it. */
export async function capsuleOf(tree: GitTree, path: string): Promise<string | undefined> {
  const names = path.split('/');
  for (let depth = 0; depth < names.length; depth += 1) {
    if (depth > 0 && isHidden(names[depth - 1]!)) return undefined;
    const folder = names.slice(0, depth).join('/');
    if (isCapsule(await tree.list(folder))) return folder;
  }
  return undefined;
}

/** Whether discovery finds a capsule at exactly this folder. */
export async function holdsCapsule(tree: GitTree, folder: string): Promise<boolean> {
  return (await capsuleOf(tree, folder === '' ? MANIFEST_FILE : `${folder}/${MANIFEST_FILE}`)) === folder;
}

/** Whether discovery would come by a path that lies outside of capsules. */
export function isInSight(path: string): boolean {
  return !path.split('/').some(isHidden);
}

function isCapsule(entries: ReadonlyMap<string, unknown>): boolean {
  return entries.has(MANIFEST_FILE) || entries.has(RECEIPT_FILE);
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}
