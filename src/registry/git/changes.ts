import { fail } from '../../base/diagnostic.ts';
import { type Git, runGit } from './command.ts';
import type { TreeNode } from './tree.ts';

/** What became of one path. Renames are a removal and an addition. */
export interface Change {
  /** As bytes (tree.ts). */
  readonly path: string;
  readonly before?: TreeNode;
  readonly after?: TreeNode;
  /** The path is in conflict: the index has several versions of it. */
  readonly unmerged: boolean;
}

/** Plumbing, so that a repository's settings cannot hide anything; submodules included, whatever .gitmodules says. */
const RAW = [
  '--raw',
  '-z',
  '--no-renames',
  '--no-abbrev',
  '--no-ext-diff',
  '--ignore-submodules=none',
  '--no-relative',
];

/** Between a tree and the index. `git add -N` announces a file without content; no commit would hold it. */
export async function stagedChanges(git: Git, tree: string): Promise<readonly Change[]> {
  return parseRaw(
    await runGit(git, ['diff-index', '--cached', ...RAW, '--ita-invisible-in-index', tree, '--']),
  );
}

/** Between two trees. */
export async function changesBetween(git: Git, before: string, after: string): Promise<readonly Change[]> {
  return parseRaw(await runGit(git, ['diff-tree', '-r', ...RAW, before, after, '--']));
}

const RECORD = /^:([0-7]{6}) ([0-7]{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([ADMTU])$/;

/** The raw format (git diff-index): `:mode mode id id status`, NUL, path, NUL. */
export function parseRaw(output: Buffer): readonly Change[] {
  const fields = output.toString('latin1').split('\0');
  if (fields.pop() !== '' || fields.length % 2 !== 0) return unreadable(fields.at(-1));
  const changes: Change[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const record = RECORD.exec(fields[at]!);
    if (!record) return unreadable(fields[at]);
    const [, modeBefore = '', modeAfter = '', idBefore = '', idAfter = '', status] = record;
    changes.push({
      path: fields[at + 1]!,
      ...side('before', modeBefore, idBefore),
      ...side('after', modeAfter, idAfter),
      unmerged: status === 'U',
    });
  }
  return changes;
}

function side(
  name: 'before' | 'after',
  mode: string,
  id: string,
): Partial<Record<'before' | 'after', TreeNode>> {
  return mode === '000000' ? {} : { [name]: { mode, id } };
}

function unreadable(found = ''): never {
  return fail('VNES2404', 'git lists changes in a way that cannot be read', {
    expected: ':MODE MODE ID ID STATUS',
    found: found.slice(0, 200),
  });
}
