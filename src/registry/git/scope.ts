import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { bytePath } from './bytes.ts';
import { type Git, runGit } from './command.ts';

/** Says of a folder of the repository whether it is among those that were asked for. */
export type Scope = (folder: string) => boolean;

/**
 * The folders that somebody named, in the current folder's words, as folders of the repository, its top being `.`.
 * @throws Failure VNES4001 for a path outside of the repository.
 */
export async function foldersOf(paths: readonly string[], git: Git): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const output = (await runGit(git, ['rev-parse', '--show-toplevel', '--show-prefix'])).toString('utf8');
  const [top = '', prefix = ''] = output.split('\n');
  return paths.map(each => inside(each, top, prefix));
}

/** What lies in or around some folders of the repository; none is everything. */
export function scopeOf(folders: readonly string[]): Scope {
  if (folders.length === 0) return () => true;
  const wanted = folders.map(each => (each === '.' ? '' : bytePath(each)));
  return folder => wanted.some(each => holds(each, folder) || holds(folder, each));
}

function inside(typed: string, top: string, prefix: string): string {
  const relative = path.isAbsolute(typed) ? path.relative(top, typed) : path.join(prefix, typed);
  const normal = path.posix.normalize(relative).replace(/\/+$/, '');
  if (normal !== '..' && !normal.startsWith('../')) return normal;
  return fail('VNES4001', `${JSON.stringify(typed)} is not in this repository`, {
    expected: `a folder below ${top}`,
    found: relative,
  });
}

function holds(outer: string, inner: string): boolean {
  return outer === '' || inner === outer || inner.startsWith(`${outer}/`);
}
