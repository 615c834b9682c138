import { join } from 'node:path';
import { canonicalJson } from '../base/canonical.ts';
import { engineValue, parseCanonical } from '../base/canonical-text.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import { type Digest, toDigest } from '../base/digest.ts';
import { decodeUtf8, type JsonValue, parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { baseOf } from './base.ts';
import { BRANCH_FILE, type Fork, hasJournal, lineageOf, unusable } from './branch.ts';
import { damaged } from './damage.ts';
import { type Disk, nodeDisk } from './disk.ts';
import type { StoredRecord } from './engine.ts';
import { KNOWN_FLAGS } from './flags.ts';
import { CHAIN_START } from './frame.ts';
import { type LayeredRecord, readLayers } from './layers.ts';
import type { FrameRecord, HeaderRecord, JournalRecord, SealRecord } from './record.ts';
import { recordProblem } from './record-shape.ts';
import { readFrames } from './scan.ts';
import { RecordSequence } from './sequence.ts';
import { sumJournal } from './sums.ts';

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
  /** Whether the group that became durable at once ends with it. */
  readonly ends: boolean;
  /** Folder of the recording that holds it: of a branch, its own or one that it goes on from. */
  readonly dir: string;
  /** Of a frame whose form and place are not proven: see {@link readUnproven}. */
  readonly unproven?: Unproven;
  /** Whether what came before it was dropped: `base.vns` of its folder says what that added up to. */
  readonly base: boolean;
}

/** A frame that was read for its meaning alone. */
export interface Unproven {
  /** The payload of its record. */
  readonly text: string;
  /** Proves canonical form and place, of all records up to it. @throws Failure VNES8003 */
  prove(): void;
}

/** What a whole pass over a journal found. */
export interface JournalEnd {
  readonly head: Digest;
  readonly records: number;
  readonly sealed: boolean;
  /** A branch that nothing has gone on from yet: all that there is of it lies in its parent. */
  readonly fresh: boolean;
  readonly seal?: SealRecord;
}

/** Formats that this version reads: 2 is that of a recording that goes on from another. */
const FORMATS: readonly JsonValue[] = [1, 2];

/** Limits of what a journal holds. A payload lies a few levels deep in its record. */
export const STORED = { maxBytes: LIMITS.recordBytes, maxDepth: LIMITS.jsonDepth + 8 };

/**
 * The records of the recording in `dir`, one at a time; memory holds one record. Each has been checked: checksum, chain,
 * canonical form, shape and place. Of a branch, first come those of the recordings that it goes on from, up to where it leaves them.
 * @returns when read to the end, what the pass found.
 * @throws Failure VNES8001 no recording, VNES8003 damage, VNES8004 an unknown format or flag, VNES8032 a branch without its parent.
 */
export function readJournal(dir: string, disk: Disk = nodeDisk): Generator<JournalEntry, JournalEnd> {
  return readRecords(dir, disk, false);
}

/**
 * The same for a reader who makes every frame anew and compares the texts, which proves canonical form and place at once; where they are
 * not the same, {@link Unproven.prove} tells whether the recording is damaged.
 */
export function readUnproven(dir: string): Generator<JournalEntry, JournalEnd> {
  return readRecords(dir, nodeDisk, true);
}

function proveRecord(dir: string, number: number): void {
  for (const entry of readJournal(dir)) if (entry.number >= number) return;
}

function* readRecords(dir: string, disk: Disk, unproven: boolean): Generator<JournalEntry, JournalEnd> {
  const sequence = new RecordSequence();
  let head = CHAIN_START;
  let records = 0;
  const frames = readLayers(dir, disk);
  for (;;) {
    const { done, value: frame } = frames.next();
    if (done) {
      if (frame) refuseMiscount(dir, frame, sequence);
      return { head: toDigest(head), records, sealed: sequence.sealed, fresh: frame !== undefined };
    }
    const quick = unproven ? glance(frame) : undefined;
    const record = quick?.record ?? decode(frame);
    const problem = quick ? sequence.pass(quick.record) : placeProblem(sequence, frame, record);
    if (problem !== undefined) damaged(frame, problem);
    if (record.type === 'header') refuseUnknownFlags(record, frame);
    head = frame.chain;
    records = frame.number + 1;
    yield {
      record,
      number: frame.number,
      segment: frame.segment,
      offset: frame.offset,
      chain: toDigest(frame.chain),
      ends: frame.ends,
      dir: frame.dir,
      base: frame.base !== undefined,
      ...(quick ? { unproven: { text: quick.text, prove: () => proveRecord(dir, frame.number) } } : {}),
    };
  }
}

/** A frame of the right shape, and nothing more; undefined for any other record, and for what only the parser tells. */
function glance(frame: StoredRecord): { readonly record: FrameRecord; readonly text: string } | undefined {
  const text = decodedText(frame);
  const value = text === undefined ? undefined : engineValue(text);
  if (text === undefined || value === undefined || recordProblem(value) !== undefined) return undefined;
  const record = value as unknown as JournalRecord;
  return record.type === 'frame' ? { record, text } : undefined;
}

/** The text of a payload; undefined when it has none. */
function decodedText({ payload, segment }: StoredRecord): string | undefined {
  try {
    return decodeUtf8(payload, segment);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** A branch that nothing has gone on from states counts that only its parent's records can prove. */
function refuseMiscount(dir: string, fork: Fork, sequence: RecordSequence): void {
  const problem = sequence.miscount(fork);
  if (problem !== undefined) unusable(join(dir, BRANCH_FILE), problem);
}

/** What is wrong with the place of a record, which may be the first of a branch, or the first that is left. */
export function placeProblem(
  sequence: RecordSequence,
  { fork, base }: Pick<LayeredRecord, 'fork' | 'base'>,
  record: JournalRecord,
): string | undefined {
  if (base !== undefined) return sequence.begin(base, record);
  return fork ? sequence.leave(fork, record) : sequence.next(record);
}

/**
 * Passes over all bytes of the recording in `dir` without decoding more than its last record; for one that has been read
 * by {@link readJournal} before.
 * @throws Failure VNES8001, VNES8003
 */
export function verifyJournal(dir: string): JournalEnd {
  let last: LayeredRecord | undefined;
  const frames = readLayers(dir);
  for (;;) {
    const { done, value } = frames.next();
    if (!done) last = value;
    else return endAt(last!, value !== undefined);
  }
}

/**
 * The same by checksums alone, several times as fast: for questions, which are answered from an index that was built when the chain was
 * proven. What somebody changed together with its checksum is found by {@link verifyJournal} and {@link readJournal}.
 * @throws Failure VNES8001, VNES8003
 */
export function checkJournal(dir: string): JournalEnd {
  const summed = sumJournal(dir);
  return summed ? endAt(summed.last, summed.fresh) : verifyJournal(dir);
}

function endAt(last: LayeredRecord, fresh: boolean): JournalEnd {
  const end = { head: toDigest(last.chain), records: last.number + 1 };
  const record = fresh ? undefined : decode(last);
  return record?.type === 'seal'
    ? { ...end, sealed: true, fresh, seal: record }
    : { ...end, sealed: false, fresh };
}

/** A header, and the folder of the recording that holds it and the objects that it names. */
export interface PlacedHeader {
  readonly dir: string;
  readonly header: HeaderRecord;
}

/**
 * The headers of a recording and of those that it goes on from, the oldest first: the last one is in force at its end.
 * @throws as {@link readJournal}
 */
export function* headersOf(dir: string, disk: Disk = nodeDisk): Generator<PlacedHeader, void> {
  const layers = lineageOf(dir, disk);
  for (const { dir: layer, until } of layers)
    if (until || layers.length === 1 || hasJournal(layer, disk)) yield headerIn(layer, disk);
}

function headerIn(dir: string, disk: Disk): PlacedHeader {
  const base = baseOf(dir, disk);
  for (const frame of readFrames(dir, disk)) {
    const header = base?.body.header ?? decode(frame);
    if (header.type !== 'header') damaged(frame, 'the header is missing before it');
    refuseUnknownFlags(header, frame);
    return { dir, header };
  }
  return damaged({ segment: dir, offset: 0 }, 'the header is missing');
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

/** Parses a payload and holds it to its canonical form and shape. @throws Failure VNES8003, VNES8004 */
export function decode(frame: StoredRecord): JournalRecord {
  const { value, canonical } = parse(frame);
  if (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    !FORMATS.includes(value.format ?? null)
  ) {
    fail('VNES8004', 'the recording has a format that this version of vnes does not know', {
      place: { file: frame.segment },
      expected: 'format 1 or 2',
      found: `format ${canonicalJson(value.format ?? null)}`,
      help: 'read it with the version of vnes that wrote it, or a later one',
    });
  }
  const problem = recordProblem(value);
  if (problem !== undefined) damaged(frame, problem);
  if (!canonical) damaged(frame, 'it is not canonical JSON (RFC 8785)');
  return value as unknown as JournalRecord;
}

function parse(frame: StoredRecord): { readonly value: JsonValue; readonly canonical: boolean } {
  const limits = { file: frame.segment, ...STORED };
  try {
    const value = parseCanonical(decodeUtf8(frame.payload, frame.segment), limits);
    if (value !== undefined) return { value, canonical: true };
    return { value: parseJson(frame.payload, limits), canonical: false };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return damaged(frame, `it is not JSON: ${error.diagnostics[0].message}`);
  }
}

/** @throws Failure VNES8004 */
export function refuseUnknownFlags(header: HeaderRecord, frame: StoredRecord): void {
  const unknown = header.flags.filter(flag => !KNOWN_FLAGS.includes(flag));
  if (unknown.length === 0) return;
  fail('VNES8004', 'the recording carries behaviour flags that this version of vnes does not know', {
    place: { file: frame.segment },
    expected: KNOWN_FLAGS.length > 0 ? KNOWN_FLAGS.join(', ') : 'no flags',
    found: unknown.join(', '),
    help: 'read it with the version of vnes that wrote it, or a later one',
  });
}
