import { digestBytes, toDigest } from '../base/digest.ts';
import { LIMITS } from '../base/limits.ts';
import { errorCode } from '../base/system-error.ts';
import { baseOf } from './base.ts';
import { type DamagePlace, damaged } from './damage.ts';
import { type Disk, nodeDisk } from './disk.ts';
import type { Position, StoredRecord } from './engine.ts';
import {
  BEGINS,
  CHAIN_START,
  ENDS,
  FRAME_HEADER_BYTES,
  frameProblem,
  hasMark,
  SEGMENT_HEADER_BYTES,
  segmentProblem,
  statedChain,
  statedLength,
} from './frame.ts';
import { listSegments } from './segments.ts';
import { Window } from './window.ts';

/** A record as it lies in a segment. */
export interface StoredFrame extends StoredRecord {
  /** Whether its group ends with it. */
  readonly ends: boolean;
}

/** Where a reader stands. */
interface Cursor {
  record: number;
  chain: Buffer;
  /** Whether the record before ended its group, so that the next one begins one. */
  between: boolean;
}

/** The place before the first record. */
export const START: Position = { records: 0, head: toDigest(CHAIN_START) };

/**
 * The records of all segments of the recording in `dir` after `from`, checked against their checksums and the chain; memory holds
 * one. What stands before `from` is stepped over unread. A recording whose beginning was dropped begins with its base.
 * @throws Failure VNES8001, VNES8003; RangeError when the journal has no such place.
 */
export function* readFrames(dir: string, disk: Disk = nodeDisk, from = START): Generator<StoredFrame, void> {
  const base = baseOf(dir, disk)?.place;
  const cursor: Cursor = base
    ? { record: base.records, chain: digestBytes(base.head), between: true }
    : { record: 0, chain: CHAIN_START, between: true };
  const first = cursor.record;
  let segment = '';
  let offset = 0;
  for (segment of listSegments(dir, disk, base?.segment)) {
    for (const frame of readSegment(disk, segment, cursor, from)) {
      offset = frame.offset + FRAME_HEADER_BYTES + frame.payload.length;
      yield frame;
    }
    if (cursor.record === first)
      damaged({ segment, offset: SEGMENT_HEADER_BYTES, record: first }, 'the segment holds no record');
  }
  if (cursor.record < from.records) refusePlace(from);
  if (!cursor.between)
    damaged({ segment, offset, record: cursor.record }, 'the journal ends within a group of records');
}

/** Number of a segment, from the name that {@link listSegments} has checked. */
function numberOf(segment: string): number {
  return Number(segment.slice(-'00000001.vnj'.length, -'.vnj'.length));
}

function* readSegment(
  disk: Disk,
  segment: string,
  cursor: Cursor,
  from: Position,
): Generator<StoredFrame, void> {
  const window = openSegment(disk, segment, cursor.record);
  try {
    const start = { segment, offset: 0, record: cursor.record };
    const header = bytesAt(window, start, 0, Math.min(window.size, SEGMENT_HEADER_BYTES));
    const problem = segmentProblem(header, numberOf(segment), cursor.chain);
    if (problem !== undefined) damaged(start, problem);
    let offset = SEGMENT_HEADER_BYTES;
    while (offset < window.size) {
      const place = { segment, offset, record: cursor.record };
      const frame =
        cursor.record < from.records ? stepOver(window, place, cursor, from) : take(window, place, cursor);
      offset += FRAME_HEADER_BYTES + frame.length;
      if (frame.payload)
        yield { ...place, payload: frame.payload, chain: cursor.chain, ends: cursor.between };
    }
  } finally {
    window.close();
  }
}

interface Taken {
  readonly length: number;
  readonly payload?: Buffer;
}

function take(window: Window, place: Required<DamagePlace>, cursor: Cursor): Taken {
  const { header, length } = readHeader(window, place);
  const payload = bytesAt(window, place, FRAME_HEADER_BYTES, length);
  const problem =
    frameProblem(header, payload, cursor.chain) ??
    (hasMark(header, BEGINS) === cursor.between ? undefined : 'its group does not begin or end here');
  if (problem !== undefined) damaged(place, problem);
  advance(cursor, header);
  return { length, payload };
}

function stepOver(window: Window, place: Required<DamagePlace>, cursor: Cursor, from: Position): Taken {
  const { header, length } = readHeader(window, place);
  advance(cursor, header);
  if (cursor.record === from.records && toDigest(cursor.chain) !== from.head) refusePlace(from);
  return { length };
}

function advance(cursor: Cursor, header: Buffer): void {
  cursor.record += 1;
  cursor.chain = statedChain(header);
  cursor.between = hasMark(header, ENDS);
}

function readHeader(window: Window, place: Required<DamagePlace>): { header: Buffer; length: number } {
  const left = window.size - place.offset;
  if (left < FRAME_HEADER_BYTES) damaged(place, 'the journal ends within it', ends(FRAME_HEADER_BYTES, left));
  const header = bytesAt(window, place, 0, FRAME_HEADER_BYTES);
  const length = statedLength(header);
  if (length > LIMITS.recordBytes)
    damaged(place, `it states a length beyond the limit of ${LIMITS.recordBytes} bytes`);
  if (length > left - FRAME_HEADER_BYTES) {
    damaged(
      place,
      'the journal ends within it, or its length is wrong',
      ends(length, left - FRAME_HEADER_BYTES),
    );
  }
  return { header, length };
}

/** Bytes of what begins at `place`. What the disk cannot give back is damaged. */
function bytesAt(window: Window, place: Required<DamagePlace>, within: number, length: number): Buffer {
  try {
    return window.take(place.offset + within, length);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return damaged(place, `its bytes cannot be read (${code})`);
  }
}

function ends(expected: number, found: number): { expected: string; found: string } {
  return { expected: `${expected} bytes`, found: `${found} bytes` };
}

function refusePlace({ records, head }: Position): never {
  throw new RangeError(`the journal has no place after ${records} records with the head ${head}`);
}

function openSegment(disk: Disk, segment: string, record: number): Window {
  try {
    return new Window(disk, segment);
  } catch (error) {
    return damaged(
      { segment, offset: 0, record },
      `the segment cannot be read (${errorCode(error) ?? 'unknown error'})`,
    );
  }
}
