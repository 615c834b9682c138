import { canonicalJson } from '../base/canonical.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import { type Digest, toDigest } from '../base/digest.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { damaged } from './damage.ts';
import { type Disk, nodeDisk } from './disk.ts';
import type { StoredRecord } from './engine.ts';
import { KNOWN_FLAGS } from './flags.ts';
import { CHAIN_START } from './frame.ts';
import type { HeaderRecord, JournalRecord } from './record.ts';
import { recordProblem } from './record-shape.ts';
import { readFrames } from './scan.ts';
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

/** Limits of what a journal holds. A payload lies a few levels deep in its record. */
export const STORED = { maxBytes: LIMITS.recordBytes, maxDepth: LIMITS.jsonDepth + 8 };

/**
 * The records of the recording in `dir`, one at a time; memory holds one record. Each has been checked: checksum, chain,
 * canonical form, shape and place.
 * @returns when read to the end, what the pass found.
 * @throws Failure VNES8001 no recording, VNES8003 damage, VNES8004 an unknown format or flag.
 */
export function* readJournal(dir: string, disk: Disk = nodeDisk): Generator<JournalEntry, JournalEnd> {
  const sequence = new RecordSequence();
  let head = CHAIN_START;
  let records = 0;
  for (const frame of readFrames(dir, disk)) {
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
  let last: StoredRecord | undefined;
  for (const frame of readFrames(dir)) last = frame;
  return { head: toDigest(last!.chain), records: last!.record + 1, sealed: decode(last!).type === 'seal' };
}

/** The record that a payload holds; undefined when it holds none. */
export function recordIn(payload: Buffer): JournalRecord | undefined {
  try {
    return decode({ payload, chain: payload, record: 0, segment: '', offset: 0 });
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Parses a payload and holds it to its canonical form and shape. */
function decode(frame: StoredRecord): JournalRecord {
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

function parse(frame: StoredRecord): JsonValue {
  try {
    return parseJson(frame.payload, { file: frame.segment, ...STORED });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return damaged(frame, `it is not JSON: ${error.diagnostics[0].message}`);
  }
}

function refuseUnknownFlags(header: HeaderRecord, frame: StoredRecord): void {
  const unknown = header.flags.filter(flag => !KNOWN_FLAGS.includes(flag));
  if (unknown.length === 0) return;
  fail('VNES8004', 'the recording carries behaviour flags that this version of vnes does not know', {
    place: { file: frame.segment },
    expected: KNOWN_FLAGS.length > 0 ? KNOWN_FLAGS.join(', ') : 'no flags',
    found: unknown.join(', '),
    help: 'read it with the version of vnes that wrote it, or a later one',
  });
}
