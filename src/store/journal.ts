import { canonicalJson } from '../base/canonical.ts';
import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import type { Fork } from './branch.ts';
import type { JournalEngine, JournalLease } from './engine.ts';
import { type FileEngineOptions, fileEngine } from './file-engine.ts';
import { frameText } from './frame-text.ts';
import type { JournalRecord } from './record.ts';
import { recordProblem } from './record-shape.ts';
import { refuseDead } from './refusal.ts';
import { type Counted, RecordSequence } from './sequence.ts';

/** The one writer of a recording's journal. */
export interface JournalWriter {
  /**
   * Appends records as one group; they are on the disk when this returns.
   * @throws Failure VNES8005 when the disk refuses, VNES8008 when a record is too large; RangeError on records out of order.
   * After any error the writer is dead: a disk that lost data once may report success the next time.
   */
  append(records: readonly JournalRecord[]): void;
  /** The chain after the last record that is on the disk. */
  readonly head: Digest;
  close(): void;
}

/**
 * Starts the journal of a new recording in `dir`, which is created when absent.
 * @throws Failure VNES8006 when a recording exists there, VNES8005 when the folder cannot be written.
 */
export function createJournal(
  dir: string,
  options: FileEngineOptions = {},
  origin?: JournalOrigin,
): JournalWriter {
  return journalOn(fileEngine(dir, options), dir, origin);
}

/** Writes records to any engine. @throws Failure VNES8005, VNES8006 */
export function journalOn(engine: JournalEngine, shown: string, origin?: JournalOrigin): JournalWriter {
  return new RecordWriter(engine.lease(), shown, origin);
}

/** What the journal of a branch goes on from: where it leaves its parent, and what the parent had counted there. */
export interface JournalOrigin {
  readonly fork: Fork;
  readonly counted: Counted;
}

class RecordWriter implements JournalWriter {
  private readonly sequence: RecordSequence;
  private readonly lease: JournalLease;
  private readonly shown: string;
  /** Until the first record is written. */
  private fork: Fork | undefined;
  private dead = false;

  constructor(lease: JournalLease, shown: string, origin: JournalOrigin | undefined) {
    this.lease = lease;
    this.shown = shown;
    this.fork = origin?.fork;
    this.sequence = new RecordSequence(origin?.counted);
  }

  get head(): Digest {
    return this.lease.durable.head;
  }

  append(records: readonly JournalRecord[]): void {
    if (this.dead) refuseDead(this.shown);
    this.dead = true;
    const payloads = records.map(record => this.encode(record));
    if (records[0]?.type === 'snapshot') this.lease.part();
    this.lease.append(this.lease.end, payloads);
    this.lease.sync();
    this.dead = false;
  }

  close(): void {
    this.dead = true;
    this.lease.release();
  }

  private misplaced(record: JournalRecord): string | undefined {
    const { fork } = this;
    this.fork = undefined;
    return fork ? this.sequence.leave(fork, record) : this.sequence.next(record);
  }

  private encode(record: JournalRecord): Uint8Array {
    const problem = recordProblem(record as unknown as JsonValue) ?? this.misplaced(record);
    if (problem !== undefined)
      throw new RangeError(`the journal refuses a ${record.type} record: ${problem}`);
    const payload = Buffer.from(textOf(record));
    if (payload.length > LIMITS.recordBytes) {
      fail('VNES8008', 'a record is too large for the journal', {
        expected: `at most ${LIMITS.recordBytes} bytes`,
        found: `${payload.length} bytes`,
        help: 'let fewer events into a frame',
      });
    }
    return payload;
  }
}

function textOf(record: JournalRecord): string {
  return record.type === 'frame' ? frameText(record) : canonicalJson(record as unknown as JsonValue);
}
