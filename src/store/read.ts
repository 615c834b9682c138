import { closeSync, fstatSync, readSync } from 'node:fs';
import { canonicalJson } from '../base/canonical.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import { type Digest, toDigest } from '../base/digest.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { type DamagePlace, damaged } from './damage.ts';
import { errorCode, openPlain } from './files.ts';
import { KNOWN_FLAGS } from './flags.ts';
import {
  CHAIN_START,
  FRAME_HEADER_BYTES,
  frameProblem,
  SEGMENT_HEADER_BYTES,
  segmentProblem,
  statedChain,
  statedLength,
} from './frame.ts';
import type { HeaderRecord, JournalRecord } from './record.ts';
import { recordProblem } from './record-shape.ts';
import { listSegments } from './segments.ts';
import { RecordSequence } from './sequence.ts';

/** A record as it lies in the journal. */
export interface JournalEntry {
  readonly record: JournalRecord;
  /** From 0. */
  readonly number: number;
  /** Path of the segment, and the byte in it at which the record's frame begins. */
  readonly segment: string;
  readonly offset: number;
  /** The chain after this record. */
  readonly chain: Digest;
}

/** What a whole pass over a journal found. */
export interface JournalEnd {
  readonly head: Digest;
  readonly records: number;
  readonly sealed: boolean;
}

interface RawFrame extends DamagePlace {
  readonly record: number;
  readonly payload: Buffer;
  readonly chain: Buffer;
}

/** Limits of what a journal holds. A payload lies a few levels deep in its record. */
export const STORED = { maxBytes: LIMITS.recordBytes, maxDepth: LIMITS.jsonDepth + 8 };

/**
 * The records of the recording in `dir`, one at a time; memory holds one record. Each has been checked: checksum, chain,
 * canonical form, shape and place.
 * @returns when read to the end, what the pass found.
 * @throws Failure VNES8001 no recording, VNES8003 damage, VNES8004 an unknown format or flag.
 */
export function* readJournal(dir: string): Generator<JournalEntry, JournalEnd> {
  const sequence = new RecordSequence();
  let head = CHAIN_START;
  let records = 0;
  for (const frame of readFrames(dir)) {
    const record = decode(frame);
    const problem = sequence.next(record);
    if (problem !== undefined) damaged(frame, problem);
    if (record.type === 'header') refuseUnknownFlags(record, frame);
    head = frame.chain;
    records += 1;
    yield {
      record,
      number: frame.record,
      segment: frame.segment,
      offset: frame.offset,
      chain: toDigest(frame.chain),
    };
  }
  return { head: toDigest(head), records, sealed: sequence.sealed };
}

/**
 * Passes over all bytes of the recording in `dir` without decoding more than its last record; for one that has been read
 * by {@link readJournal} before.
 * @throws Failure VNES8001, VNES8003
 */
export function verifyJournal(dir: string): JournalEnd {
  let last: RawFrame | undefined;
  for (const frame of readFrames(dir)) last = frame;
  return { head: toDigest(last!.chain), records: last!.record + 1, sealed: decode(last!).type === 'seal' };
}

/** The frames of all segments, checked against their checksums and chained. */
function* readFrames(dir: string): Generator<RawFrame> {
  let chain = CHAIN_START;
  let record = 0;
  for (const [index, segment] of listSegments(dir).entries()) {
    for (const frame of readSegment(segment, index + 1, chain, record)) {
      yield frame;
      chain = frame.chain;
      record += 1;
    }
    if (record === 0)
      damaged({ segment, offset: SEGMENT_HEADER_BYTES, record }, 'the segment holds no record');
  }
}

function* readSegment(
  segment: string,
  number: number,
  before: Buffer,
  firstRecord: number,
): Generator<RawFrame> {
  const file = openSegment(segment);
  try {
    const size = fstatSync(file).size;
    const header = readAt(file, 0, Math.min(size, SEGMENT_HEADER_BYTES));
    const problem = segmentProblem(header, number, before);
    if (problem !== undefined) damaged({ segment, offset: 0, record: firstRecord }, problem);
    let chain = before;
    let record = firstRecord;
    for (let offset = SEGMENT_HEADER_BYTES; offset < size; record += 1) {
      const frame = readFrame(file, size, { segment, offset, record }, chain);
      yield frame;
      chain = frame.chain;
      offset += FRAME_HEADER_BYTES + frame.payload.length;
    }
  } finally {
    closeSync(file);
  }
}

function readFrame(file: number, size: number, place: Required<DamagePlace>, before: Buffer): RawFrame {
  const left = size - place.offset;
  if (left < FRAME_HEADER_BYTES) damaged(place, 'the journal ends within it', ends(FRAME_HEADER_BYTES, left));
  const header = readAt(file, place.offset, FRAME_HEADER_BYTES);
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
  const payload = readAt(file, place.offset + FRAME_HEADER_BYTES, length);
  const problem = frameProblem(header, payload, before);
  if (problem !== undefined) damaged(place, problem);
  return { ...place, payload, chain: statedChain(header) };
}

function ends(expected: number, found: number): { expected: string; found: string } {
  return { expected: `${expected} bytes`, found: `${found} bytes` };
}

/** Parses a payload and holds it to its canonical form and shape. */
function decode(frame: RawFrame): JournalRecord {
  const value = parse(frame);
  if (typeof value === 'object' && value !== null && 'format' in value && value.format !== 1) {
    fail('VNES8004', 'the recording has a format that this version of vnes does not know', {
      place: { file: frame.segment },
      expected: 'format 1',
      found: `format ${canonicalJson(value.format ?? null)}`,
      help: 'read it with the version of vnes that wrote it, or a later one',
    });
  }
  const problem = recordProblem(value);
  if (problem !== undefined) damaged(frame, problem);
  if (canonicalJson(value) !== frame.payload.toString('utf8'))
    damaged(frame, 'it is not canonical JSON (RFC 8785)');
  return value as unknown as JournalRecord;
}

function parse(frame: RawFrame): JsonValue {
  try {
    return parseJson(frame.payload, { file: frame.segment, ...STORED });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return damaged(frame, `it is not JSON: ${error.diagnostics[0].message}`);
  }
}

function refuseUnknownFlags(header: HeaderRecord, frame: RawFrame): void {
  const unknown = header.flags.filter(flag => !KNOWN_FLAGS.includes(flag));
  if (unknown.length === 0) return;
  fail('VNES8004', 'the recording carries behaviour flags that this version of vnes does not know', {
    place: { file: frame.segment },
    expected: KNOWN_FLAGS.length > 0 ? KNOWN_FLAGS.join(', ') : 'no flags',
    found: unknown.join(', '),
    help: 'read it with the version of vnes that wrote it, or a later one',
  });
}

function openSegment(segment: string): number {
  try {
    return openPlain(segment);
  } catch (error) {
    return damaged(
      { segment, offset: 0 },
      `the segment cannot be read (${errorCode(error) ?? 'unknown error'})`,
    );
  }
}

/** Reads `length` bytes at `offset`; fewer only where the file has shrunk meanwhile. */
function readAt(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = readSync(file, bytes, filled, length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
