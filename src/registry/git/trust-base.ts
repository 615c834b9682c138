import { type Diagnostic, diagnose, fail } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import { loadTrust, type TrustSource, type TrustStore } from '../../trust/store.ts';
import { TRUST_FILE } from '../../trust/trust-places.ts';
import { shownPath } from './bytes.ts';
import type { Git } from './command.ts';
import { capsuleOf } from './discover.ts';
import type { GitObjects } from './objects.ts';
import type { Plan } from './plan.ts';
import { type Revision, resolveRevision } from './revisions.ts';
import { FOLDER_MODE, GitTree, LINK_MODE, SUBMODULE_MODE, type TreeNode } from './tree.ts';
import { trustChangeProblems } from './trust-change.ts';

const NO_FILE: readonly string[] = [FOLDER_MODE, LINK_MODE, SUBMODULE_MODE];
const TRUST_BYTES = 16 * 1024 * 1024;

export interface TrustChoice {
  /** A trust file on disk, in place of all other trust. */
  readonly file?: string | undefined;
  /** The commit whose trust file counts, in place of the base's. */
  readonly from?: string | undefined;
  /** Milliseconds since 1970 to hold expiry against. */
  readonly now: number;
}

/**
 * Who is trusted: by the trust file of the base, or of the commit that was named, never by the one under test. The user's own
 * file counts as always.
 */
export async function trustFor(
  plan: Plan,
  choice: TrustChoice,
  { git, objects }: { readonly git: Git; readonly objects: GitObjects },
  ports: Ports,
): Promise<TrustStore> {
  const { file, from, now } = choice;
  if (file !== undefined) return loadTrust({ file, capsules: [], now }, ports);
  const commit = from === undefined ? plan.base : await resolveRevision(git, objects, from);
  const repository = commit ? await trustFileOf(commit, objects) : null;
  return loadTrust({ capsules: [], repository, now }, ports);
}

/** The trust file at the top of a commit. @throws Failure VNES2408 when it is no file. */
async function trustFileOf(commit: Revision, objects: GitObjects): Promise<TrustSource | null> {
  const node = await new GitTree(objects, commit.tree).find(TRUST_FILE);
  if (!node) return null;
  const file = `${commit.commit.slice(0, 12)}:${TRUST_FILE}`;
  const bytes = await contentOf(node, objects);
  if (bytes) return { file, bytes };
  return fail('VNES2408', 'the trust file is no plain file', {
    place: { file },
    expected: `a file of at most ${TRUST_BYTES} bytes`,
    found: `an entry of mode ${node.mode}`,
  });
}

async function contentOf(node: TreeNode | undefined, objects: GitObjects): Promise<Buffer | undefined> {
  if (!node || NO_FILE.includes(node.mode)) return undefined;
  return (await objects.read(node.id, TRUST_BYTES))?.bytes;
}

/** What the change does to trust files, and whether those of the base are still the ones that count. */
export async function trustProblems(
  plan: Plan,
  choice: TrustChoice,
  objects: GitObjects,
): Promise<readonly Diagnostic[]> {
  return [
    ...(await changedTrust(plan, choice.now, objects)),
    ...(await outdatedTrust(plan, choice, objects)),
  ];
}

async function changedTrust(
  { changes, after }: Plan,
  now: number,
  objects: GitObjects,
): Promise<readonly Diagnostic[]> {
  const problems: Diagnostic[] = [];
  for (const { path, before, after: next } of changes) {
    if (path !== TRUST_FILE && !path.endsWith(`/${TRUST_FILE}`)) continue;
    // Inside a capsule it is content like any other, and vouches for nothing (trust/trust-places.ts). The one at the top is read
    // in any case: whoever may sign some capsule must not get hold of it by making the whole repository one.
    if (path !== TRUST_FILE && (await capsuleOf(after, path)) !== undefined) continue;
    const [old, changed] = await Promise.all([contentOf(before, objects), contentOf(next, objects)]);
    problems.push(...trustChangeProblems(old, changed, shownPath(path), now));
  }
  return problems;
}

/** A branch that left before a key was revoked must not bring back what that key signed. */
async function outdatedTrust(
  { base, target }: Plan,
  { file, from }: TrustChoice,
  objects: GitObjects,
): Promise<readonly Diagnostic[]> {
  if (!base || !target || file !== undefined || from !== undefined) return [];
  const [old, now] = await Promise.all(
    [base, target].map(({ tree }) => new GitTree(objects, tree).find(TRUST_FILE)),
  );
  if (old?.id === now?.id && old?.mode === now?.mode) return [];
  return [
    diagnose('VNES2406', 'who is trusted changed since this branch left', {
      place: { file: TRUST_FILE },
      expected: 'the trust file that it is to be merged into',
      found: `the one of the merge base, ${base.commit.slice(0, 12)}`,
      help: `rebase or merge first, or judge by the newer file: --trust-from ${target.commit.slice(0, 12)}`,
    }),
  ];
}
