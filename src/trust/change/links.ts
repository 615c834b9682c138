import { type Diagnostic, warn } from '../../base/diagnostic.ts';
import { linkProblem } from '../../capsule/link-problem.ts';
import { FOLDER_MODE, LINK_MODE, type LinkFacts } from './facts.ts';

/**
 * The links that do not lead to a file of this tree. What lies behind them, nobody has looked at: a capsule may, on the machine
 * that checks it out.
 */
export function linkProblems(links: readonly LinkFacts[]): readonly Diagnostic[] {
  return links.filter(link => !leadsToFile(link)).map(({ path }) => linkProblem(path));
}

function leadsToFile({ path, targets, end }: LinkFacts): boolean {
  let place: string | undefined = path;
  for (const target of targets) place = place === undefined ? undefined : follow(place, target);
  return place !== undefined && end !== null && end !== FOLDER_MODE && end !== LINK_MODE;
}

/** Where a link leads by its text alone, or undefined when that is outside of the repository. */
export function follow(link: string, target: string): string | undefined {
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
  return submodules.map(file =>
    warn('VNES2414', 'a submodule was not looked into', {
      place: { file },
      expected: 'files of this repository',
      found: 'a commit of another one',
      help: 'verify that repository by itself; if it holds capsules of this one, copy them here',
    }),
  );
}
