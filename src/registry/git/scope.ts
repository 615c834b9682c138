import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { bytePath } from './bytes.ts';
import { type Git, runGit } from './command.ts';

/** Says of a folder of the repository whether it is among those that were asked for. */
export type Scope = (folder: string) => boolean;

/**
 * The folders that somebody named, in the current folder's words, as folders of the repository. None is everything.
 * @throws Failure VNES4001 for a path outside of the repository.
 */
export async function scopeOf(paths: readonly string[], git: Git): Promise<Scope> {
  if (paths.length === 0) return () => true;
  const output = (await runGit(git, ['rev-parse', '--show-toplevel', '--show-prefix'])).toString('utf8');
  const [top = '', prefix = ''] = output.split('\n');
  const wanted = paths.map(each => bytePath(inside(each, top, prefix)));
  return folder => wanted.some(each => holds(each, folder) || holds(folder, each));
}

function inside(typed: string, top: string, prefix: string): string {
  const relative = path.isAbsolute(typed) ? path.relative(top, typed) : path.join(prefix, typed);
  const normal = path.posix.normalize(relative).replace(/\/+$/, '');
  if (normal !== '..' && !normal.startsWith('../')) return normal === '.' ? '' : normal;
  return fail('VNES4001', `${JSON.stringify(typed)} is not in this repository`, {
    expected: `a folder below ${top}`,
    found: relative,
  });
}

function holds(outer: string, inner: string): boolean {
  return outer === '' || inner === outer || inner.startsWith(`${outer}/`);
}
