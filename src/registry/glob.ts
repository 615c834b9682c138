import { lstatSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { linkProblem } from '../capsule/link-problem.ts';
import { isCapsuleFolder, leadsToFolder } from './walk.ts';

const GLOB = /[*?[{]|[!@+]\(/;

/** Whether a pattern holds characters that mean something in a glob. */
export function hasGlob(pattern: string): boolean {
  return GLOB.test(pattern);
}

/**
 * The folders that a glob matches, as fast-glob writes them, without those inside a capsule. Links to folders that match are
 * problems, not results.
 */
export async function expandGlob(
  pattern: string,
  cwd: string,
): Promise<{ readonly folders: readonly string[]; readonly problems: readonly Diagnostic[] }> {
  const { default: glob } = await import('fast-glob');
  const matches = await glob(pattern, {
    cwd,
    onlyFiles: false,
    followSymbolicLinks: false,
    ignore: ['**/node_modules/**'],
  });
  const folders: string[] = [];
  const problems: Diagnostic[] = [];
  for (const match of matches) {
    const path = resolve(cwd, match);
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (!entry || liesInCapsule(path, cwd)) continue;
    if (leadsToFolder(entry, path)) problems.push(linkProblem(match));
    else if (entry.isDirectory()) folders.push(match);
  }
  return { folders, problems };
}

/** Whether a folder between `cwd` and `path` is a capsule; what lies in a capsule is that capsule's own. */
function liesInCapsule(path: string, cwd: string): boolean {
  for (let folder = dirname(path); folder.length > cwd.length; folder = dirname(folder)) {
    if (isCapsuleFolder(folder)) return true;
  }
  return false;
}
