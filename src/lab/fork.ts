import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { fail } from '../base/diagnostic.ts';
import { type Digest, isDigest, toDigest } from '../base/digest.ts';
import { type Beginning, beginningOf, END, resolvePoint } from '../state/point.ts';
import { type Fork, lineageOf } from '../store/branch.ts';
import { nodeDisk } from '../store/disk.ts';
import { readAt } from '../store/files.ts';
import { FRAME_HEADER_BYTES, isIntact, statedChain, statedLength } from '../store/frame.ts';
import { openIndex, peekIndex } from '../store/index.ts';
import { readJournal } from '../store/read.ts';
import { journalFolder } from '../store/segments.ts';

/** A place between two frames, and what it leaves out. */
export interface ForkPlace {
  readonly fork: Fork;
  /** Recording that holds the last record before it: `dir`, or one that `dir` goes on from. */
  readonly dir: string;
  /** The frame that holds the point and lies after the fork, when a frame was not whole at the point. */
  readonly cut?: number;
}

/**
 * The place at which a branch leaves the recording in `dir` at a point: after the last frame that was whole there. A frame becomes true at
 * once, so nothing can leave within one. With an index that is up to date nothing is read but the one record that ends at the place.
 * @throws Failure VNES7012, VNES7013 for what names no point; VNES80xx
 */
export async function forkAt(dir: string, at: string): Promise<ForkPlace> {
  const quick = await peekIndex(dir);
  try {
    const place = quick && placeIn(quick, dir, at);
    if (place) return place;
  } finally {
    quick?.close();
  }
  const index = await openIndex(dir);
  try {
    return placeIn(index.database, dir, at) ?? noPlace(dir, at);
  } finally {
    index.close();
  }
}

interface Row {
  readonly frame: number;
  readonly first: number;
  readonly ingress: number;
  readonly published: number;
  readonly records: number;
  readonly head: string;
  readonly segment: string;
  readonly place: number;
}

/** The place by what an index says, when the journal has there what the index says of it. */
function placeIn(database: DatabaseSync, dir: string, at: string): ForkPlace | undefined {
  const point = resolvePoint(database, at);
  const last = point.frame === END.frame ? lastFrame(database) : point.frame;
  const base = beginningOf(database);
  const whole = last < 0 || point.event === END.event || isWhole(database, last, point.event);
  const frame = whole ? last : last - 1;
  const cut = whole ? {} : { cut: last };
  if (frame < 0) return { ...startOf(dir), ...cut };
  if (base && frame < base.frames) return { ...startOf(dir, base), ...cut };
  const row = database.prepare('SELECT * FROM frames WHERE frame = ?').get(frame) as unknown as
    | Row
    | undefined;
  const owner = row && ownerOf(row.segment, dir);
  if (!row || owner === undefined || !isThere(row, dir)) return undefined;
  const { first, ingress, published, records, head } = row;
  const fork = { records, head: head as Digest, frames: frame + 1, events: first + ingress + published };
  return { fork, dir: owner, ...cut };
}

function lastFrame(database: DatabaseSync): number {
  const row = database.prepare('SELECT max(frame) AS frame FROM frames').get();
  return (row?.frame as number | null) ?? -1;
}

/** Whether nothing after this event had come in with the frame or was delivered in it. */
function isWhole(database: DatabaseSync, frame: number, event: number): boolean {
  const row = database
    .prepare(
      `SELECT first + ingress AS next, (SELECT max(event) FROM deliveries WHERE deliveries.frame = frames.frame) AS delivered
       FROM frames WHERE frame = ?`,
    )
    .get(frame) as { next: number; delivered: number | null } | undefined;
  return row !== undefined && row.next <= event + 1 && (row.delivered ?? -1) <= event;
}

/** Folder of the recording that a segment belongs to: `dir`, or one that it goes on from. An index that names any other is not followed. */
function ownerOf(segment: string, dir: string): string | undefined {
  const path = join(dir, segment);
  return lineageOf(dir).find(layer => dirname(path) === journalFolder(layer.dir))?.dir;
}

/** Whether the record that ends at the place is there, sound and of this chain. */
function isThere({ segment, place, head }: Row, dir: string): boolean {
  if (!isDigest(head)) return false;
  const file = nodeDisk.open(join(dir, segment));
  try {
    const header = readAt(nodeDisk, file, place, FRAME_HEADER_BYTES);
    if (header.length < FRAME_HEADER_BYTES || toDigest(statedChain(header)) !== head) return false;
    const length = Math.min(statedLength(header), nodeDisk.size(file));
    return isIntact(header, readAt(nodeDisk, file, place + FRAME_HEADER_BYTES, length));
  } finally {
    nodeDisk.close(file);
  }
}

/** The place before the first frame; of a recording whose history was dropped, after its first snapshot. */
function startOf(dir: string, counts: Beginning = { frames: 0, events: 0 }): ForkPlace {
  let place: ForkPlace | undefined;
  for (const { record, number, chain, dir: owner } of readJournal(dir)) {
    if (record.type === 'frame' || record.type === 'seal') break;
    place = { fork: { records: number + 1, head: chain, ...counts }, dir: owner };
  }
  return place!;
}

function noPlace(dir: string, at: string): never {
  return fail('VNES8003', 'the journal could not be read at first, and then it could: its disk is failing', {
    place: { file: dir },
    expected: `the record that ends at ${at}`,
    found: 'other bytes',
    help: `remove index.sqlite and index.json, which are built anew: if that is all, they were not of vnes; otherwise copy ${dir} to another disk`,
  });
}
