import { join } from 'node:path';
import { canonicalJson } from '../base/canonical.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { errorCode } from '../base/system-error.ts';
import { createFolder, type Disk, nodeDisk } from './disk.ts';
import type { Position } from './engine.ts';
import { isThere, readPlain, replaceFile } from './files.ts';
import { guarded } from './refusal.ts';
import { count, digest, fields, only, type Shape, text } from './shape.ts';

/** The place between two frames at which a branch leaves its parent. Records and events are counted from the very beginning. */
export interface Fork extends Position {
  readonly frames: number;
  readonly events: number;
}

/** A recording that goes on from another, as its `branch.json` says. */
export interface Branch {
  /** Folder of the recording that it goes on from. */
  readonly parent: string;
  readonly fork: Fork;
}

/** The file that makes a folder a branch. */
export const BRANCH_FILE = 'branch.json';
/** The folder of a recording that holds its branches, and the file in it that names the one that was switched to. */
export const BRANCHES = 'branches';
export const CURRENT_FILE = 'current';
/** Where an imported branch keeps the recordings that it goes on from. */
export const LAYERS = 'layers';

/** Where a parent lies: above `branches/NAME`, or in the folder of an import. Nothing else is ever followed. */
const ABOVE = '../..';
const PARENT = /^(?:\.\.\/\.\.|layers\/1|\.\.\/[1-9][0-9]?)$/;

const parentPath: Shape = (value, place) =>
  typeof value === 'string' && PARENT.test(value) ? undefined : `${place} is no place for a parent`;

export const FORK_FIELDS = { records: count, head: digest, frames: count, events: count };
const SHAPE = fields({ branch: only(1), parent: parentPath, at: text, ...FORK_FIELDS });

/** Bytes of a branch file at most; it holds five values. */
const MOST_BYTES = 4096;

/**
 * What the folder `dir` goes on from; undefined for a recording that begins by itself.
 * @throws Failure VNES8032 when its branch file cannot be used.
 */
export function branchOf(dir: string, disk: Disk = nodeDisk): Branch | undefined {
  const path = join(dir, BRANCH_FILE);
  const bytes = bytesOf(path, disk);
  if (!bytes) return undefined;
  const value = parsed(bytes, path);
  const problem = SHAPE(value, '');
  if (problem !== undefined) return unusable(path, problem);
  const { parent, records, head, frames, events } = value as unknown as Fork & { readonly parent: string };
  return { parent: join(dir, parent), fork: { records, head, frames, events } };
}

/** One of the recordings that a recording is made of. */
export interface Layer {
  readonly dir: string;
  /** Where the next one leaves it, and the branch file that says so; absent for the last one. */
  readonly until?: Fork;
  readonly file?: string;
}

/** The recordings that `dir` goes on from, the oldest first and itself last. @throws as above */
export function lineageOf(dir: string, disk: Disk = nodeDisk): readonly Layer[] {
  const layers: Layer[] = [{ dir }];
  for (let next: Branch | undefined = branchOf(dir, disk); next; next = branchOf(next.parent, disk)) {
    layers.unshift({ dir: next.parent, until: next.fork, file: join(layers[0]!.dir, BRANCH_FILE) });
    if (layers.length > LIMITS.branchDepth)
      unusable(
        join(dir, BRANCH_FILE),
        `more than ${LIMITS.branchDepth} recordings, one going on from the next`,
      );
  }
  return layers;
}

/** The text of a branch file. `at` is the point that was asked for, for people to read. */
export function branchText(fork: Fork, at: string, parent = ABOVE): string {
  const { records, head, frames, events } = fork;
  return `${canonicalJson({ branch: 1, parent, at, records, head, frames, events })}\n`;
}

/** The point that was asked for when a branch was made. @throws as above */
export function askedPoint(dir: string): string {
  const path = join(dir, BRANCH_FILE);
  const value = parsed(readPlain(path), path) as { readonly at?: string };
  return value.at ?? '';
}

/** Writes the branch file of a new folder; it is on the disk when this returns. @throws Failure VNES8005 */
export function writeBranch(dir: string, fork: Fork, at: string, disk: Disk = nodeDisk): void {
  guarded(dir, () => {
    createFolder(disk, dir);
    replaceFile(disk, join(dir, BRANCH_FILE), Buffer.from(branchText(fork, at)));
  });
}

/** Whether a folder has a journal of its own; a branch gets one when something goes on from it. */
export function hasJournal(dir: string, disk: Disk = nodeDisk): boolean {
  return isThere(join(dir, 'journal', '00000001.vnj'), disk) || isThere(join(dir, 'base.vns'), disk);
}

function bytesOf(path: string, disk: Disk): Buffer | undefined {
  try {
    return readPlain(path, disk);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    // ENOTDIR: what was named is no folder, which the journal's reader tells.
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? undefined
      : unusable(path, `it cannot be read (${code})`);
  }
}

function parsed(bytes: Buffer, path: string): JsonValue {
  try {
    return parseJson(bytes, { file: path, maxBytes: MOST_BYTES });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unusable(path, error.diagnostics[0].message);
  }
}

/** Refuses a branch file, or one that does not fit the recording. @throws Failure VNES8032 */
export function unusable(path: string, found: string): never {
  return fail('VNES8032', 'the branch cannot be followed to where it begins', {
    place: { file: path },
    expected: 'a place in the recording that it goes on from, as `vnes branch create` writes it',
    found,
    help: 'take the folder from a copy, with the recording that it lies in, or make the branch again',
  });
}
