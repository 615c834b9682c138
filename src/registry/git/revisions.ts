import { fail } from '../../base/diagnostic.ts';
import { type Git, runGit } from './command.ts';
import type { GitObjects } from './objects.ts';

/** A commit and its tree, as hexadecimal ids. */
export interface Revision {
  readonly commit: string;
  readonly tree: string;
}

/** A commit by what somebody calls it. @throws Failure VNES2402 when there is none, or two. */
export async function resolveRevision(git: Git, objects: GitObjects, name: string): Promise<Revision> {
  const found = await findRevision(objects, name);
  if (found) await refuseAmbiguous(git, name);
  if (found) return found;
  return fail('VNES2402', `${JSON.stringify(name)} is no commit of this repository`, {
    expected: 'a branch, tag or commit that git rev-parse knows',
    found: 'nothing of that name',
    help: 'in a clone made for CI, fetch it first: git fetch origin BRANCH, with the whole history (fetch-depth: 0)',
  });
}

/** Where git looks for a name, in this order (gitrevisions). */
const PLACES = ['refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];

/**
 * git takes a tag for a branch of its name: whoever may push the tag `origin/main` would choose the base, and with it who is
 * trusted.
 */
async function refuseAmbiguous(git: Git, name: string): Promise<void> {
  const [base = ''] = name.split(/[~^]|@\{/);
  if (base === '' || base === 'HEAD' || base === '@') return;
  const candidates = [...PLACES.map(place => place + base), `refs/remotes/${base}/HEAD`];
  const output = await runGit(git, ['for-each-ref', '--format=%(refname)', ...candidates]);
  const found = output
    .toString('utf8')
    .split('\n')
    .filter(ref => candidates.includes(ref));
  if (found.length <= 1) return;
  fail('VNES2402', `${JSON.stringify(base)} is the name of several commits`, {
    expected: 'one branch, tag or commit',
    found: found.join(', '),
    help: `say which one is meant, in full: ${found.at(-1)}`,
  });
}

/** The commit that is checked out, or undefined before the first one. */
export function findHead(objects: GitObjects): Promise<Revision | undefined> {
  return findRevision(objects, 'HEAD');
}

async function findRevision(objects: GitObjects, name: string): Promise<Revision | undefined> {
  // What git would read as an option, as several lines or as a path in a tree is none.
  if (!/^[^\s\p{Cc}:-][^\s\p{Cc}:]*$/u.test(name)) return undefined;
  const [commit, tree] = await Promise.all([
    objects.read(`${name}^{commit}`),
    objects.read(`${name}^{tree}`),
  ]);
  return commit?.type === 'commit' && tree?.type === 'tree'
    ? { commit: commit.id, tree: tree.id }
    : undefined;
}

/** Where two commits parted. With several such points, git names the best. @throws Failure VNES2415 when there is none. */
export async function mergeBase(
  git: Git,
  objects: GitObjects,
  one: Revision,
  two: Revision,
): Promise<Revision> {
  // Ends with status 1 when there is none, which is no failure of git's.
  const [base = ''] = await runGit(git, ['merge-base', one.commit, two.commit], [0, 1]).then(output =>
    output.toString('latin1').split('\n'),
  );
  const found = /^[0-9a-f]{40,64}$/.test(base) ? await findRevision(objects, base) : undefined;
  if (found) return found;
  return fail('VNES2415', 'the two commits have no common history here', {
    expected: `a commit that both ${one.commit.slice(0, 12)} and ${two.commit.slice(0, 12)} grew from`,
    found: 'none',
    help: 'in a shallow clone, fetch the whole history first: git fetch --unshallow (fetch-depth: 0)',
  });
}
