import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { compareCodeUnits } from '../base/order.ts';
import { errorCode } from '../base/system-error.ts';
import {
  askedPoint,
  BRANCH_FILE,
  BRANCHES,
  branchOf,
  CURRENT_FILE,
  type Fork,
  hasJournal,
  writeBranch,
} from '../store/branch.ts';
import { nodeDisk } from '../store/disk.ts';
import { readPlain, replaceFile } from '../store/files.ts';
import { guarded } from '../store/refusal.ts';
import { makeNeed } from './compacting.ts';
import { type ForkPlace, forkAt } from './fork.ts';

/** A branch as a list tells it. */
export interface BranchEntry {
  /** Names from the recording down to it: `fix`, or `fix@next` for a branch of a branch. */
  readonly name: string;
  readonly dir: string;
  readonly fork: Fork;
  /** The point that was asked for. */
  readonly at: string;
  /** Whether something has gone on from it, so that it has a journal of its own. */
  readonly recorded: boolean;
  /** Whether its recording was switched to it. */
  readonly current: boolean;
}

/** Lower case, so that no file system takes two of them for one. */
const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** @throws Failure VNES8033 */
export function checkName(name: string): void {
  if (NAME.test(name) && name !== CURRENT_FILE) return;
  fail('VNES8033', `${JSON.stringify(name)} cannot be the name of a branch or a snapshot`, {
    expected: `1 to 64 of a-z, 0-9, dot, underscore and hyphen, with a letter or digit at both ends, and not ${CURRENT_FILE}`,
    found: JSON.stringify(name),
  });
}

/** Where the branch of a recording lies. */
export function branchFolder(dir: string, name: string): string {
  return join(dir, BRANCHES, name);
}

/**
 * Makes a branch that leaves the recording in `dir` at a point. One small file is written, whatever the recording's size. Where the point
 * lies in what `dir` itself goes on from, the branch leaves that.
 * @throws Failure VNES8033, VNES8031, VNES8052, VNES7012, VNES7013, VNES80xx
 */
export async function createBranch(
  dir: string,
  name: string,
  at: string,
): Promise<ForkPlace & { readonly folder: string }> {
  checkName(name);
  const place = await forkAt(dir, at);
  const folder = branchFolder(place.dir, name);
  if (existsSync(folder)) {
    fail('VNES8031', `there is a branch ${name} already`, {
      place: { file: folder },
      expected: 'the name of no branch',
      found: name,
      help: `choose another name, or delete it: vnes branch delete ${name} ${place.dir}`,
    });
  }
  const { fork, dir: parent } = place;
  makeNeed(
    parent,
    fork.frames,
    () => writeBranch(folder, fork, at),
    () => nodeDisk.remove(folder),
  );
  return { ...place, folder };
}

/** All branches of the recording in `dir`, and those of its branches, in the order of their names. @throws Failure VNES8032 */
export function listBranches(dir: string, above = ''): BranchEntry[] {
  const current = currentBranch(dir);
  return namesOf(dir).flatMap(name => {
    const folder = branchFolder(dir, name);
    const branch = branchOf(folder);
    if (!branch) return [];
    const entry = {
      name: above + name,
      dir: folder,
      fork: branch.fork,
      at: askedPoint(folder),
      recorded: hasJournal(folder),
      current: current === name,
    };
    return [entry, ...listBranches(folder, `${above}${name}@`)];
  });
}

/** Folders of branches; what else lies there is none. */
function namesOf(dir: string): string[] {
  try {
    return readdirSync(join(dir, BRANCHES))
      .filter(name => NAME.test(name) && existsSync(join(branchFolder(dir, name), BRANCH_FILE)))
      .sort(compareCodeUnits);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Makes `name` the branch that `RECORDING@` stands for; without a name, the recording itself. @throws Failure VNES8030 */
export function switchBranch(dir: string, name: string | undefined): void {
  const path = join(dir, BRANCHES, CURRENT_FILE);
  if (name !== undefined) knownBranch(dir, name);
  guarded(path, () => {
    if (name === undefined) nodeDisk.remove(path);
    else replaceFile(nodeDisk, path, Buffer.from(`${name}\n`));
  });
}

/**
 * Deletes a branch with all that it recorded. It loses its name first, so that half a branch is never taken for one.
 * @throws Failure VNES8030; VNES8034 when other branches go on from it
 */
export function deleteBranch(dir: string, name: string): void {
  const folder = knownBranch(dir, name);
  const [first, ...more] = listBranches(folder);
  if (first) {
    fail('VNES8034', `other branches go on from ${name}`, {
      place: { file: folder },
      expected: 'a branch that no other goes on from',
      found: [first, ...more].map(each => each.name).join(', '),
      help: 'delete those first, or export them: vnes export RECORDING@NAME FILE',
    });
  }
  if (currentBranch(dir) === name) switchBranch(dir, undefined);
  guarded(folder, () => {
    const gone = branchFolder(dir, `.${name}`);
    nodeDisk.remove(gone);
    nodeDisk.rename(folder, gone);
    nodeDisk.syncFolder(join(dir, BRANCHES));
    nodeDisk.remove(gone);
  });
}

/** The branch that the recording was switched to. */
export function currentBranch(dir: string): string | undefined {
  try {
    return readPlain(join(dir, BRANCHES, CURRENT_FILE))
      .toString('utf8')
      .trimEnd();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** @throws Failure VNES8030, VNES8033 */
function knownBranch(dir: string, name: string): string {
  checkName(name);
  const folder = branchFolder(dir, name);
  if (branchOf(folder)) return folder;
  return fail('VNES8030', `the recording has no branch ${name}`, {
    place: { file: dir },
    expected: namesOf(dir).join(', ') || 'a recording with branches',
    found: name,
    help: `see what there is: vnes branch list ${dir}`,
  });
}

/**
 * The folder that a reference names: a path; `PATH@NAME` for a branch of the recording there, and so on for branches of branches;
 * `PATH@` for the branch that it was switched to, or the recording itself. A folder that has the very name goes first.
 * @throws Failure VNES8030, VNES8033
 */
export function recordingAt(cwd: string, reference: string): string {
  const whole = resolve(cwd, reference);
  if (!basename(reference).includes('@') || isFolder(whole)) return whole;
  const cut = reference.lastIndexOf(sep) + 1;
  const [name = '', ...branches] = reference.slice(cut).split('@');
  let dir = resolve(cwd, reference.slice(0, cut) + name);
  for (const branch of branches) {
    const next = branch === '' ? currentBranch(dir) : branch;
    if (next !== undefined) dir = knownBranch(dir, next);
  }
  return dir;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
