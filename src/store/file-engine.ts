import { join } from 'node:path';
import { digestBytes, toDigest } from '../base/digest.ts';
import { createFolder, type Disk, nodeDisk } from './disk.ts';
import type { JournalEngine, JournalLease, Position } from './engine.ts';
import { quietly, writeAll } from './files.ts';
import {
  BEGINS,
  CHAIN_START,
  endGroup,
  frameHeader,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
  statedChain,
} from './frame.ts';
import { guarded, refuseDead } from './refusal.ts';
import { readFrames, START } from './scan.ts';
import { journalFolder, segmentName } from './segments.ts';

export interface FileEngineOptions {
  /** Bytes after which the next group starts a new segment; 16 MiB unless told. */
  readonly segmentBytes?: number;
  readonly disk?: Disk;
}

/**
 * A journal in the segments of a folder.
 *
 * Creating a segment exclusively is the lease: a journal has one writer in its life and is never reopened, so a second writer, at
 * the same time or later, is refused. No lock is ever left behind by a crash: what was written can be read at once.
 */
export function fileEngine(dir: string, options: FileEngineOptions = {}): JournalEngine {
  const { disk = nodeDisk, segmentBytes = 16 * 1024 * 1024 } = options;
  return {
    lease: () =>
      guarded(dir, () => {
        createFolder(disk, journalFolder(dir));
        return new FileLease(dir, disk, segmentBytes);
      }),
    read: from => readFrames(dir, disk, from),
  };
}

class FileLease implements JournalLease {
  end: Position = START;
  durable: Position = START;
  private readonly dir: string;
  private readonly disk: Disk;
  private readonly segmentBytes: number;
  private chain = CHAIN_START;
  /** Header and payload of every record that waits for the sync, in turn. */
  private pending: Buffer[] = [];
  private segment = 0;
  private file: number | undefined;
  private size = 0;
  private parting = false;
  private dead = false;

  constructor(dir: string, disk: Disk, segmentBytes: number) {
    this.dir = dir;
    this.disk = disk;
    // A segment always holds a record.
    this.segmentBytes = Math.max(segmentBytes, SEGMENT_HEADER_BYTES + 1);
    try {
      this.write([this.roll()]);
    } catch (error) {
      this.closeFile();
      throw error;
    }
  }

  append(at: Position, payloads: readonly Uint8Array[]): Position {
    const { records, head } = this.end;
    if (at.records !== records || at.head !== head)
      throw new RangeError(`appending after record ${at.records} of a journal of ${records}`);
    if (payloads.length === 0) return this.end;
    for (const payload of payloads) {
      const header = frameHeader(payload, this.chain, this.pending.length === 0 ? BEGINS : 0);
      this.chain = statedChain(header);
      this.pending.push(header, Buffer.from(payload.buffer, payload.byteOffset, payload.length));
    }
    this.end = { records: records + payloads.length, head: toDigest(this.chain) };
    return this.end;
  }

  part(): void {
    this.parting = true;
  }

  sync(): Position {
    if (this.dead || this.file === undefined) refuseDead(this.dir);
    if (this.pending.length === 0) return this.durable;
    this.dead = true;
    guarded(this.dir, () => this.commit());
    this.dead = false;
    this.durable = this.end;
    return this.durable;
  }

  release(): void {
    this.dead = true;
    this.closeFile();
  }

  private commit(): void {
    const parts = this.pending;
    this.pending = [];
    endGroup(parts.at(-2)!, parts.at(-1)!);
    const full = this.size >= this.segmentBytes || this.parting;
    this.parting = false;
    this.write(full ? [this.roll(), ...parts] : parts);
  }

  /** Opens the next segment; its header is still to be written. */
  private roll(): Buffer {
    this.closeFile();
    this.segment += 1;
    this.file = this.disk.create(join(journalFolder(this.dir), segmentName(this.segment)));
    this.size = 0;
    return segmentHeader(this.segment, digestBytes(this.durable.head));
  }

  /** Writes and syncs; only then it counts. A new segment's folder entry is synced as well. */
  private write(parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts);
    writeAll(this.disk, this.file!, bytes);
    this.disk.sync(this.file!);
    if (this.size === 0) this.disk.syncFolder(journalFolder(this.dir));
    this.size += bytes.length;
  }

  /** Whatever the disk says to it: what was synced is there, and nothing else counts. */
  private closeFile(): void {
    const { file } = this;
    if (file !== undefined) quietly(() => this.disk.close(file));
    this.file = undefined;
  }
}
