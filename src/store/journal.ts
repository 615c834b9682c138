import { join } from 'node:path';
import { canonicalBytes } from '../base/canonical.ts';
import { diagnose, Failure, fail } from '../base/diagnostic.ts';
import { type Digest, toDigest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { createFolder, errorCode, type JournalFiles, nodeFiles, writeAll } from './files.ts';
import { CHAIN_START, frameHeader, segmentHeader, statedChain } from './frame.ts';
import type { JournalRecord } from './record.ts';
import { recordProblem } from './record-shape.ts';
import { journalFolder, segmentName } from './segments.ts';
import { RecordSequence } from './sequence.ts';

export interface JournalOptions {
  /** Bytes after which the next append starts a new segment; 16 MiB unless told. */
  readonly segmentBytes?: number;
  readonly files?: JournalFiles;
}

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
 *
 * Creating the first segment exclusively is the writer's lease: a journal has one writer in its life and is never reopened, so a
 * second writer, at the same time or later, is refused, and no stale lock is ever left behind.
 *
 * @throws Failure VNES8006 when a recording exists there, VNES8005 when the folder cannot be written.
 */
export function createJournal(dir: string, options: JournalOptions = {}): JournalWriter {
  const files = options.files ?? nodeFiles;
  const start = (): FileJournal => {
    createFolder(journalFolder(dir), folder => files.syncFolder(folder));
    return new FileJournal(dir, files, options.segmentBytes ?? 16 * 1024 * 1024);
  };
  return guarded(dir, start);
}

class FileJournal implements JournalWriter {
  private readonly sequence = new RecordSequence();
  private readonly dir: string;
  private readonly files: JournalFiles;
  private readonly segmentBytes: number;
  private chain = CHAIN_START;
  private segment = 0;
  private file: number | undefined;
  private size = 0;
  private dead = false;

  constructor(dir: string, files: JournalFiles, segmentBytes: number) {
    this.dir = dir;
    this.files = files;
    this.segmentBytes = segmentBytes;
    try {
      this.commit([this.roll()], this.chain);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get head(): Digest {
    return toDigest(this.chain);
  }

  append(records: readonly JournalRecord[]): void {
    if (this.dead || this.file === undefined) {
      fail('VNES8005', 'the journal is closed, or an earlier write to it failed', {
        place: { file: this.dir },
      });
    }
    if (records.length === 0) return;
    this.dead = true;
    guarded(this.dir, () => this.write(records));
    this.dead = false;
  }

  close(): void {
    if (this.file !== undefined) this.files.close(this.file);
    this.file = undefined;
  }

  private write(records: readonly JournalRecord[]): void {
    const parts: Buffer[] = [];
    let chain = this.chain;
    if (this.size >= this.segmentBytes) parts.push(this.roll());
    for (const record of records) {
      const payload = this.encode(record);
      const header = frameHeader(payload, chain);
      chain = statedChain(header);
      parts.push(header, payload);
    }
    this.commit(parts, chain);
  }

  private encode(record: JournalRecord): Buffer {
    const problem = recordProblem(record as unknown as JsonValue) ?? this.sequence.next(record);
    if (problem !== undefined)
      throw new RangeError(`the journal refuses a ${record.type} record: ${problem}`);
    const payload = Buffer.from(canonicalBytes(record as unknown as JsonValue));
    if (payload.length > LIMITS.recordBytes) {
      fail('VNES8008', 'a record is too large for the journal', {
        expected: `at most ${LIMITS.recordBytes} bytes`,
        found: `${payload.length} bytes`,
        help: 'let fewer events into a frame',
      });
    }
    return payload;
  }

  /** Opens the next segment; its header is still to be written. */
  private roll(): Buffer {
    this.close();
    this.segment += 1;
    this.file = this.files.create(join(journalFolder(this.dir), segmentName(this.segment)));
    this.size = 0;
    return segmentHeader(this.segment, this.chain);
  }

  /** Writes and syncs; only then the records count. A new segment's folder entry is synced as well. */
  private commit(parts: readonly Buffer[], chain: Buffer): void {
    const bytes = Buffer.concat(parts);
    writeAll(this.files, this.file!, bytes);
    this.files.sync(this.file!);
    if (this.size === 0) this.files.syncFolder(journalFolder(this.dir));
    this.size += bytes.length;
    this.chain = chain;
  }
}

/** Turns what the file system refuses into a diagnostic. */
function guarded<T>(dir: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined || error instanceof Failure) throw error;
    throw new Failure(code === 'EEXIST' ? exists(dir) : refused(dir, code));
  }
}

function exists(dir: string): ReturnType<typeof diagnose> {
  return diagnose('VNES8006', 'a recording exists here already, or is being written', {
    place: { file: dir },
    expected: 'a folder without a journal',
    help: 'choose another folder with --record DIR; recordings are never overwritten',
  });
}

function refused(dir: string, code: string): ReturnType<typeof diagnose> {
  return diagnose('VNES8005', `the recording cannot be written: ${code}`, {
    place: { file: dir },
    expected: 'a folder that can be written and synced',
    found: code,
    help: 'check the path, its permissions and the free space of its disk, then record again',
  });
}
