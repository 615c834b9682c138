import { foldName, judgeName } from '../../capsule/names.ts';
import type { TreeFile } from '../../capsule/tree.ts';
import { bytePath, shownPath } from '../git/bytes.ts';
import type { Action } from './action.ts';
import type { Entry, Scan } from './scan.ts';
import { stateOf } from './state.ts';

/** What has to leave a capsule's folder: what the receipt does not list, and what lies in the place of a listed file. */
export function removals(listed: readonly TreeFile[], scan: Scan): readonly Action[] {
  const files = new Map(listed.map(file => [bytePath(file.path), file]));
  const folders = new Set([...files.keys()].flatMap(foldersOf));
  const stays = ({ path, kind }: Entry) => {
    const file = files.get(path);
    return kind === 'folder'
      ? folders.has(path)
      : file !== undefined && stateOf(file, scan.get(path)) !== 'other';
  };
  const leaving = [...scan.values()].filter(entry => !stays(entry));
  const things = leaving.filter(({ kind }) => kind !== 'folder');
  const emptied = new Set(things.flatMap(({ path }) => foldersOf(path)));
  const taken = new Set([...files.keys(), ...folders].map(folded));
  const gone = new Set<string>();
  for (const { path } of leaving.filter(({ kind }) => kind === 'folder').toSorted(byLength)) {
    const inGone = foldersOf(path).some(each => gone.has(each));
    if (inGone || emptied.has(path) || isRefused(path) || taken.has(folded(path))) gone.add(path);
    taken.add(folded(path));
  }
  return [
    ...things.map(entry => ({ kind: 'remove' as const, path: entry.path, entry })),
    ...[...gone].reverse().map(path => ({ kind: 'remove folder' as const, path })),
  ];
}

/** The folders that a path lies in. */
function foldersOf(path: string): readonly string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
}

/** A folder comes before those in it. */
function byLength(one: Entry, other: Entry): number {
  return one.path.length - other.path.length;
}

/** Whether a walk refuses the name of a folder, empty as it may be. */
function isRefused(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return judgeName(Buffer.from(name, 'latin1')).expected !== undefined;
}

function folded(path: string): string {
  return shownPath(path).split('/').map(foldName).join('/');
}
