import { type Diagnostic, warn } from '../../base/diagnostic.ts';
import { linkProblem } from '../walk.ts';
import { shownPath } from './bytes.ts';
import type { GitObjects } from './objects.ts';
import { FOLDER_MODE, type GitTree, LINK_MODE } from './tree.ts';

/** The longest target of a link that is looked at, in bytes, and how many links in a row. */
const TARGET_BYTES = 4096;
const CHAIN = 16;

/**
 * The links among `links` that do not lead to a file of this tree. What lies behind them, nobody has looked at: a capsule may, on
 * the machine that checks it out.
 */
export async function linkProblems(
  links: readonly string[],
  tree: GitTree,
  objects: GitObjects,
): Promise<readonly Diagnostic[]> {
  const judged = await Promise.all(
    links.map(async link => [link, await leadsToFile(link, tree, objects)] as const),
  );
  return judged.filter(([, good]) => !good).map(([link]) => linkProblem(shownPath(link)));
}

async function leadsToFile(link: string, tree: GitTree, objects: GitObjects): Promise<boolean> {
  let path: string | undefined = link;
  for (let step = 0; step < CHAIN && path !== undefined; step += 1) {
    const node = await tree.find(path);
    if (node?.mode !== LINK_MODE) return node !== undefined && node.mode !== FOLDER_MODE;
    const target = (await objects.read(node.id, TARGET_BYTES))?.bytes?.toString('latin1');
    path = target === undefined ? undefined : follow(path, target);
  }
  return false;
}

/** Where a link leads by its text alone, or undefined when that is outside of the repository. */
function follow(link: string, target: string): string | undefined {
  if (target.startsWith('/')) return undefined;
  const parts = link.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** Submodules are other repositories: said, and left to their own gates. */
export function submoduleNotes(submodules: readonly string[]): readonly Diagnostic[] {
  return submodules.map(path =>
    warn('VNES2414', 'a submodule was not looked into', {
      place: { file: shownPath(path) },
      expected: 'files of this repository',
      found: 'a commit of another one',
      help: 'verify that repository by itself; if it holds capsules of this one, copy them here',
    }),
  );
}
