import { type Diagnostic, diagnose, Failure } from '../../base/diagnostic.ts';
import { shownPath } from './bytes.ts';
import { type Change, changesBetween, stagedChanges } from './changes.ts';
import { type Git, runGit } from './command.ts';
import type { GitObjects } from './objects.ts';
import { findHead, mergeBase, type Revision, resolveRevision } from './revisions.ts';
import { GitTree } from './tree.ts';

/** What is to be verified: the index, a commit since it left another one, or everything in one commit. */
export type GitSource =
  | {
      readonly kind: 'staged' /** What the index is compared with, if it is not HEAD. */;
      readonly base?: string | undefined;
    }
  | { readonly kind: 'since'; readonly revision: string; readonly head: string }
  | { readonly kind: 'tree'; readonly revision: string };

/** The trees that a source is about. */
export interface Plan {
  /** What is under test. */
  readonly after: GitTree;
  /** The commit under test; the index has none. */
  readonly commit: Revision | undefined;
  /** What it is compared with; a tree alone is compared with nothing. */
  readonly before: GitTree | undefined;
  readonly base: Revision | undefined;
  readonly changes: readonly Change[];
  /** The commit that the change is to be merged into. */
  readonly target: Revision | undefined;
}

/** @throws Failure VNES2401 to VNES2404, VNES2415 when the source cannot be read. */
export function planFor(source: GitSource, git: Git, objects: GitObjects): Promise<Plan> {
  if (source.kind === 'staged') return planStaged(git, objects, source.base);
  if (source.kind === 'tree') return planTree(git, objects, source.revision);
  return planSince(git, objects, source.revision, source.head);
}

/** The index is HEAD with the staged changes laid over it. */
async function planStaged(git: Git, objects: GitObjects, named: string | undefined): Promise<Plan> {
  const base = await (named === undefined ? findHead(objects) : resolveRevision(git, objects, named));
  const changes = await stagedChanges(git, base?.tree ?? (await emptyTree(git)));
  refuseUnmerged(changes);
  const after = new GitTree(objects, base?.tree);
  for (const change of changes) await after.put(change.path, change.after);
  const before = new GitTree(objects, base?.tree);
  return { after, commit: undefined, before, base, changes, target: undefined };
}

async function planSince(git: Git, objects: GitObjects, revision: string, head: string): Promise<Plan> {
  const [target, commit] = await Promise.all([
    resolveRevision(git, objects, revision),
    resolveRevision(git, objects, head),
  ]);
  const base = await mergeBase(git, objects, target, commit);
  const changes = await changesBetween(git, base.tree, commit.tree);
  const [before, after] = [new GitTree(objects, base.tree), new GitTree(objects, commit.tree)];
  return { after, commit, before, base, changes, target };
}

async function planTree(git: Git, objects: GitObjects, revision: string): Promise<Plan> {
  const commit = await resolveRevision(git, objects, revision);
  const after = new GitTree(objects, commit.tree);
  return { after, commit, before: undefined, base: undefined, changes: [], target: undefined };
}

/** Its id depends on the repository's hash. */
async function emptyTree(git: Git): Promise<string> {
  return (await runGit(git, ['hash-object', '-t', 'tree', '--stdin'])).toString('latin1').trim();
}

/** Unmerged paths that are told one by one. */
const TOLD = 20;

function refuseUnmerged(changes: readonly Change[]): void {
  const [first, ...more] = changes
    .filter(({ unmerged }) => unmerged)
    .slice(0, TOLD)
    .map(({ path }) => conflict(path));
  if (first) throw new Failure(first, ...more);
}

function conflict(path: string): Diagnostic {
  return diagnose('VNES2403', 'the index holds several versions of a file', {
    place: { file: shownPath(path) },
    expected: 'one version of each file',
    found: 'a merge that has not been settled',
    help: 'settle it, then git add the file',
  });
}
