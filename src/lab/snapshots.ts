import { dirname, join } from 'node:path';
import { diagnose, Failure, fail } from '../base/diagnostic.ts';
import { type Digest, sha256, toDigest } from '../base/digest.ts';
import { compareCodeUnits } from '../base/order.ts';
import { errorCode } from '../base/system-error.ts';
import { bodyOf, bodyText } from '../kernel/snapshot.ts';
import { readSnapshot, type Snapshot } from '../kernel/snapshot-file.ts';
import { UNDISTURBED } from '../kernel/timing.ts';
import { writePieces } from '../store/archive.ts';
import { baseOf } from '../store/base.ts';
import { createFolder, type Disk, nodeDisk } from '../store/disk.ts';
import type { Position } from '../store/engine.ts';
import { isThere } from '../store/files.ts';
import { readLayers } from '../store/layers.ts';
import { type JournalEntry, readJournal, recordIn } from '../store/read.ts';
import type { SnapshotRecord } from '../store/record.ts';
import { guarded } from '../store/refusal.ts';
import { START } from '../store/scan.ts';
import { broken, type SnapshotPlace, snapshotLines } from '../store/snapshot-file.ts';
import { checkName } from './branches.ts';
import { makeNeed } from './compacting.ts';
import type { Divergence } from './divergence.ts';
import { forkAt } from './fork.ts';
import { fedBack, Rerun } from './rerun.ts';

/** A step of a recording at which every instance was made anew. */
export interface SnapshotStep {
  /** Number of its record, counted from the very beginning. */
  readonly number: number;
  readonly record: SnapshotRecord;
  /** The place before it, and where it lies. */
  readonly before: Position;
  readonly segment: string;
  readonly offset: number;
}

/** How the canonical JSON of such a record ends: its type is its last member. */
const RECORD_END = Buffer.from('"type":"snapshot"}');

/** All such steps of the recording in `dir`, in order. Only their own records are parsed. @throws Failure VNES8001, VNES8003, VNES8032 */
export function snapshotSteps(dir: string, disk?: Disk): readonly SnapshotStep[] {
  const steps: SnapshotStep[] = [];
  let before = START;
  for (const { payload, number, chain, segment, offset, base } of readLayers(dir, disk)) {
    if (base !== undefined) before = baseOf(dir, disk)?.place ?? before;
    if (payload.subarray(-RECORD_END.length).equals(RECORD_END)) {
      const record = recordIn(payload);
      if (record?.type === 'snapshot') steps.push({ number, record, before, segment, offset });
    }
    before = { records: number + 1, head: toDigest(chain) };
  }
  return steps;
}

/** Folder of a recording's named snapshots. */
export const SNAPSHOTS = 'snapshots';
const EXTENSION = '.vns';

/** The file of a named snapshot. */
export function snapshotPath(dir: string, name: string): string {
  checkName(name);
  return join(dir, SNAPSHOTS, name + EXTENSION);
}

/**
 * Takes a snapshot of a recording at a point, between two frames as a branch leaves ({@link forkAt}), and gives it a name. Nothing is
 * executed: the recorded effects are fed to a kernel.
 * @throws Failure VNES8042 when there is one of that name; VNES7012, VNES7013, VNES80xx
 */
export async function createSnapshot(dir: string, name: string, at: string): Promise<Snapshot> {
  const path = snapshotPath(dir, name);
  if (isThere(path)) taken(path, name);
  const { fork } = await forkAt(dir, at);
  const snapshot = await snapshotAt(dir, { ...fork, at });
  keepNamed(dir, path, snapshot);
  return snapshot;
}

/** The snapshot of a place of a recording. @throws Failure VNES80xx */
export async function snapshotAt(dir: string, place: SnapshotPlace, disk?: Disk): Promise<Snapshot> {
  const rerun = new Rerun({ timing: UNDISTURBED, comparisons: fedBack, disk });
  try {
    for (const entry of readJournal(dir, disk)) {
      const divergence = await rerun.take(entry);
      if (divergence) throw new Failure(contradiction(divergence, dir));
      if (entry.number + 1 === place.records) break;
    }
    const divergence = await rerun.settle();
    if (divergence) throw new Failure(contradiction(divergence, dir));
    const { header } = rerun.cast;
    const body = bodyOf(rerun.kernel, { ...rerun, header });
    return { place, body, digest: sha256(bodyText(body)), state: rerun.kernel.state, ids: [] };
  } finally {
    await rerun.close();
  }
}

/** A kernel that is fed with a recording disagrees with it only when no kernel wrote it. */
function contradiction({ frame, what, recorded = 'nothing', actual = 'nothing' }: Divergence, dir: string) {
  return diagnose('VNES8102', `no run of vnes has written this recording: ${what} of frame ${frame}`, {
    place: { file: dir },
    expected: actual,
    found: recorded,
    help: 'do not trust the recording; record the run again with `vnes run`',
  });
}

/** A named snapshot as a list tells it. */
export interface NamedSnapshot {
  readonly name: string;
  readonly at: string;
  readonly frames: number;
  readonly events: number;
  readonly stateRoot: Digest;
  readonly digest: Digest;
}

/** The named snapshots of a recording, in the order of their names; each is read and checked. @throws Failure VNES8041 */
export function namedSnapshots(dir: string): NamedSnapshot[] {
  return namesIn(dir).map(name => {
    const { place, body, digest } = readSnapshot(snapshotPath(dir, name));
    const { frames, events, stateRoot } = body;
    return { name, at: place.at, frames, events, stateRoot, digest };
  });
}

function namesIn(dir: string): string[] {
  try {
    return nodeDisk
      .list(join(dir, SNAPSHOTS))
      .filter(name => name.endsWith(EXTENSION))
      .map(name => name.slice(0, -EXTENSION.length))
      .sort(compareCodeUnits);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Checks the file of a snapshot, and that it is the one of its place in the recording, whose journal is passed over.
 * @throws Failure VNES8040, VNES8041
 */
export async function verifySnapshot(dir: string, path: string): Promise<Snapshot> {
  const snapshot = readSnapshot(path);
  const { place, digest } = snapshot;
  const there = placeOf(dir, place.records);
  if (there?.chain !== place.head)
    broken(path, `the head ${place.head}, where the recording has ${there?.chain ?? 'none'}`);
  const actual = await snapshotAt(dir, place);
  if (actual.digest !== digest)
    broken(path, `the digest ${digest}, where the recording comes to ${actual.digest}`);
  return snapshot;
}

function placeOf(dir: string, records: number): JournalEntry | undefined {
  for (const entry of readJournal(dir)) if (entry.number + 1 === records) return entry;
  return undefined;
}

/** Writes a named snapshot as a file of its own, after a check. @throws Failure VNES8040, VNES8041, VNES8005 */
export function exportSnapshot(dir: string, name: string, file: string): Snapshot {
  const snapshot = readSnapshot(snapshotPath(dir, name));
  keep(file, linesOf(snapshot));
  return snapshot;
}

/** Takes a file of a snapshot in, which must be one of this recording. @throws Failure VNES8040, VNES8041, VNES8042 */
export async function importSnapshot(file: string, dir: string, name: string): Promise<Snapshot> {
  const path = snapshotPath(dir, name);
  if (isThere(path)) taken(path, name);
  const snapshot = await verifySnapshot(dir, file);
  keepNamed(dir, path, snapshot);
  return snapshot;
}

/** @throws Failure VNES8040 */
export function deleteSnapshot(dir: string, name: string): void {
  const path = snapshotPath(dir, name);
  if (!isThere(path)) readSnapshot(path);
  guarded(path, () => {
    nodeDisk.remove(path);
    nodeDisk.syncFolder(dirname(path));
  });
}

function linesOf({ place, body, state }: Snapshot): Iterable<Uint8Array> {
  return snapshotLines(place, body, state.lastWrites());
}

function keepNamed(dir: string, path: string, snapshot: Snapshot): void {
  makeNeed(
    dir,
    snapshot.body.frames,
    () => keep(path, linesOf(snapshot)),
    () => nodeDisk.remove(path),
  );
}

function keep(path: string, lines: Iterable<Uint8Array>): void {
  guarded(path, () => {
    createFolder(nodeDisk, dirname(path));
    writePieces(nodeDisk, path, lines);
  });
}

function taken(path: string, name: string): never {
  fail('VNES8042', `there is a snapshot ${name} already`, {
    place: { file: path },
    expected: 'the name of no snapshot',
    found: name,
    help: 'choose another name, or delete it: vnes snapshot delete NAME RECORDING',
  });
}

/**
 * The step of a recording with which a replay begins: that of a named snapshot, or the last one up to a point.
 * @throws Failure VNES8043 when there is none; VNES7012, VNES7013
 */
export async function stepFor(dir: string, reference: string): Promise<SnapshotStep> {
  const steps = snapshotSteps(dir);
  const named = namesIn(dir).includes(reference) ? readSnapshot(snapshotPath(dir, reference)) : undefined;
  const frames = named?.body.frames ?? (await forkAt(dir, reference)).fork.frames;
  const step = named
    ? steps.find(({ record }) => record.digest === named.digest)
    : steps.findLast(({ record }) => record.frames <= frames);
  if (step) return step;
  const known = steps.map(({ record }) => `frame:${record.frames - 1}`).join(', ');
  return fail(
    'VNES8043',
    `no replay can begin at ${reference}: what instances remembered there is not known`,
    {
      place: { file: dir },
      expected: known === '' ? 'a recording with snapshots: vnes run --snapshot-every N' : known,
      found: reference,
      help:
        known === ''
          ? `replay it from the beginning: vnes replay ${dir}`
          : `begin at one of these: vnes replay ${dir} --from POINT`,
    },
  );
}
