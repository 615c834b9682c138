import { join } from 'node:path';
import { Failure, fail } from '../base/diagnostic.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import { errorCode } from '../base/system-error.ts';
import { RESULT_FILES } from '../kernel/results.ts';
import { writePieces } from '../store/archive.ts';
import { baseOf, basePath } from '../store/base.ts';
import { branchOf } from '../store/branch.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { readPlain } from '../store/files.ts';
import { SEGMENT_HEADER_BYTES } from '../store/frame.ts';
import { INDEX_FILES } from '../store/index.ts';
import { guarded } from '../store/refusal.ts';
import { journalFolder, segmentName, segmentNumbers } from '../store/segments.ts';
import { idsNote, type SnapshotPlace, snapshotLines } from '../store/snapshot-file.ts';
import { listBranches } from './branches.ts';
import { whileCompacting } from './compacting.ts';
import { fsck } from './fsck.ts';
import { headerOf } from './open.ts';
import { invariantsOfTheWhole, remainsOf } from './remains.ts';
import { namedSnapshots, type SnapshotStep, snapshotAt, snapshotSteps } from './snapshots.ts';

/** Who needs a recording's history, and after how many frames it may begin for that. */
export interface Need {
  readonly who: string;
  readonly frames: number;
}

/** What a compaction does, or did. */
export interface Compaction {
  /** The recording begins after so many frames and events. */
  readonly frames: number;
  readonly events: number;
  /** Segments that are dropped, and their bytes. */
  readonly segments: number;
  readonly bytes: number;
  readonly needs: readonly Need[];
}

/**
 * Drops what a recording holds from before a snapshot that it took: the last one from which everything that is needed can still be
 * reached. The rule says from which frame on everything stays; branches and named snapshots are always kept.
 *
 * The snapshot becomes the recording's base, in one file that gets its name when it is whole and on the disk; only then segments are
 * removed. Whatever is left of those when it is cut short counts for nothing, and goes with the next compaction.
 *
 * @throws Failure VNES8051 when nothing can be dropped, VNES8052 when another process does the same; VNES80xx for a recording that is
 * not sound
 */
export async function compact(
  dir: string,
  rule: Need,
  { dry = false, disk = nodeDisk }: { dry?: boolean; disk?: Disk } = {},
): Promise<Compaction> {
  refuseUnfit(dir, disk);
  return dry ? drop(dir, rule, true, disk) : whileCompacting(dir, disk, () => drop(dir, rule, false, disk));
}

async function drop(dir: string, rule: Need, dry: boolean, disk: Disk): Promise<Compaction> {
  await refuseUnsound(dir, disk);
  const needs = [rule, ...(await needsOf(dir, disk))];
  const { step, first } = stepToKeep(dir, needs, disk);
  const dropped = segmentNumbers(dir, disk).filter(number => number < first);
  const { frames, events } = step.record;
  const outcome = { frames, events, segments: dropped.length, bytes: bytesOf(dir, dropped, disk), needs };
  if (dry) return outcome;
  if (baseOf(dir, disk)?.place.frames !== frames) await writeBase(dir, step, first, disk);
  guarded(dir, () => removeBefore(dir, dropped, disk));
  return outcome;
}

/** Of a recording that begins by itself, everything that decides its future stands in its snapshots. */
function refuseUnfit(dir: string, disk: Disk): void {
  if (branchOf(dir, disk)) nothing(dir, 'a branch, whose history is that of its parent');
  if (headerOf(dir, disk).header.disturbance)
    nothing(dir, 'a run that the lab disturbed, which depends on all that it was');
}

/** Only when nobody else drops anything from under the reader. */
async function refuseUnsound(dir: string, disk: Disk): Promise<void> {
  const { diagnostics } = await fsck(dir, disk);
  const [first, ...more] = diagnostics.filter(({ severity }) => severity === 'error');
  if (first) throw new Failure(first, ...more);
}

/**
 * What branches and named snapshots need, those of branches included: theirs may lie in what the branch itself goes on from. And what
 * invariants need that look at the whole run at its end.
 */
async function needsOf(dir: string, disk: Disk): Promise<Need[]> {
  const branches = listBranches(dir);
  const own = branches.filter(({ name }) => !name.includes('@'));
  const places = [{ of: '', dir }, ...branches.map(branch => ({ of: `${branch.name}@`, dir: branch.dir }))];
  const wholes = await Promise.all(places.map(place => invariantsOfTheWhole(place.dir, disk)));
  return [
    ...[...new Set(wholes.flat())].map(name => ({ who: `the invariant ${name}`, frames: 0 })),
    ...own.map(({ name, fork }) => ({ who: `branch ${name}`, frames: fork.frames })),
    ...places.flatMap(place =>
      namedSnapshots(place.dir).map(({ name, frames }) => ({
        who: `snapshot ${place.of}${name}`,
        frames,
      })),
    ),
  ];
}

/** The last step that leaves all that is needed, and the segment that begins with it. */
function stepToKeep(dir: string, needs: readonly Need[], disk: Disk): { step: SnapshotStep; first: number } {
  const least = needs.reduce((one, other) => (other.frames < one.frames ? other : one));
  const step = snapshotSteps(dir, disk).findLast(({ record }) => record.frames <= least.frames);
  const first = step && segmentOf(step);
  if (!step || first === undefined)
    return nothing(dir, `no snapshot up to frame ${least.frames}, from where ${least.who} needs it`);
  const known = baseOf(dir, disk)?.place;
  const leftOver = segmentNumbers(dir, disk).some(number => number < first);
  if (known?.frames === step.record.frames && !leftOver)
    return nothing(dir, `a beginning at frame ${known.frames} already, from where ${least.who} needs it`);
  return { step, first };
}

/** The number of the segment that begins with the record of a step; undefined when none does. */
function segmentOf({ segment, offset }: SnapshotStep): number | undefined {
  return offset === SEGMENT_HEADER_BYTES
    ? Number(segment.slice(-'00000001.vnj'.length, -'.vnj'.length))
    : undefined;
}

async function writeBase(dir: string, step: SnapshotStep, segment: number, disk: Disk): Promise<void> {
  const { frames, events } = step.record;
  const { records, head } = step.before;
  const place = { at: `frame:${frames - 1}`, records, head, frames, events };
  const { body, digest, state } = await snapshotAt(dir, place, disk);
  if (digest !== step.record.digest)
    throw new Error('the snapshot of a step has another digest than its record');
  const { ids, watched } = await remainsOf(dir, records, disk);
  const base: SnapshotPlace = { ...place, segment, results: resultsOf(dir, disk), watched, ...idsNote(ids) };
  guarded(dir, () => {
    for (const name of INDEX_FILES) disk.remove(join(dir, name));
    writePieces(disk, basePath(dir), snapshotLines(base, body, state.lastWrites(), ids));
  });
}

/** They follow from the whole journal, which nobody will have again. */
function resultsOf(dir: string, disk: Disk): Readonly<Record<string, Digest>> {
  const known = baseOf(dir, disk)?.place.results;
  if (known) return known;
  const entries = RESULT_FILES.flatMap(name => {
    try {
      return [[name, sha256(readPlain(join(dir, name), disk))] as const];
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return [];
    }
  });
  return Object.fromEntries(entries);
}

/** From the latest on: what a crash leaves is the beginning of a journal, and nobody takes a later part for the whole. */
function removeBefore(dir: string, dropped: readonly number[], disk: Disk): void {
  for (const number of dropped.toReversed()) disk.remove(join(journalFolder(dir), segmentName(number)));
  disk.syncFolder(journalFolder(dir));
}

function bytesOf(dir: string, numbers: readonly number[], disk: Disk): number {
  return numbers.reduce((sum, number) => {
    const file = disk.open(join(journalFolder(dir), segmentName(number)));
    const size = disk.size(file);
    disk.close(file);
    return sum + size;
  }, 0);
}

function nothing(dir: string, found: string): never {
  return fail('VNES8051', 'nothing of this recording can be dropped', {
    place: { file: dir },
    expected: 'a snapshot that was taken by the run, with nothing that is needed before it',
    found,
    help: 'record with snapshots: vnes run --snapshot-every N; or keep less: vnes compact RECORDING --keep POINT',
  });
}
