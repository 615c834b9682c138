import { join } from 'node:path';
import { type Digest, digestBytes, toDigest } from '../base/digest.ts';
import { LIMITS } from '../base/limits.ts';
import { baseOf } from './base.ts';
import { BRANCH_FILE, type Branch, branchOf, type Fork, unusable } from './branch.ts';
import { damaged } from './damage.ts';
import { type Disk, nodeDisk } from './disk.ts';
import type { StoredRecord } from './engine.ts';
import { isThere } from './files.ts';
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
import { readLayers } from './layers.ts';
import { decode, placeProblem, refuseUnknownFlags } from './read.ts';
import type { JournalRecord } from './record.ts';
import { journalFolder, listSegments, segmentName } from './segments.ts';
import { RecordSequence } from './sequence.ts';
import { Window } from './window.ts';

/**
 * Reads a journal while another process writes it, and gives only what is durable: a writer begins a group when the one before it is on the
 * disk, so the records of a group are given when the next one has begun, and the last ones with the seal. What is checked of each record is
 * what {@link readJournal} checks.
 */
export class JournalFollower {
  private readonly dir: string;
  private readonly disk: Disk;
  private readonly sequence = new RecordSequence();
  private segment = 1;
  private offset = 0;
  private chain: Buffer = CHAIN_START;
  private records = 0;
  private between = true;
  /** Records of the group that nothing shows to be durable yet. */
  private group: JournalRecord[] = [];
  /** What a branch goes on from, which is as durable as it gets. */
  private readonly before: JournalRecord[] = [];
  /** Where a branch leaves its parent, until its own first record was read. */
  private fork: Fork | undefined;
  /** The digest of the snapshot that the recording begins with, where history was dropped, until that was read. */
  private base: Digest | undefined;

  /** @throws Failure VNES8001 when there is no recording */
  constructor(dir: string, disk: Disk = nodeDisk) {
    this.dir = dir;
    this.disk = disk;
    const branch = branchOf(dir, disk);
    this.fork = branch?.fork;
    if (branch) this.readParent(branch);
    else this.begin();
  }

  /** Goes to the first record that there is. */
  private begin(): void {
    const base = baseOf(this.dir, this.disk);
    for (const _ of listSegments(this.dir, this.disk, base?.place.segment)) break;
    if (!base) return;
    const { segment, records, head } = base.place;
    this.base = base.digest;
    this.segment = segment;
    this.records = records;
    this.chain = digestBytes(head);
  }

  private readParent({ parent, fork }: Branch): void {
    for (const frame of readLayers(parent, this.disk)) {
      const record = decode(frame);
      const problem = placeProblem(this.sequence, frame, record);
      if (problem !== undefined) damaged(frame, problem);
      this.before.push(record);
      if (frame.number + 1 < fork.records) continue;
      if (toDigest(frame.chain) === fork.head) return;
      break;
    }
    unusable(join(this.dir, BRANCH_FILE), 'another parent than it left');
  }

  /** Whether the seal was read: nothing follows. */
  get sealed(): boolean {
    return this.sequence.sealed;
  }

  /** What became durable since the last call; nothing is no error. @throws Failure VNES8003, VNES8004 */
  next(): readonly JournalRecord[] {
    const durable = this.before.splice(0);
    while (!this.sealed && isThere(this.path, this.disk)) {
      const more = this.isPast();
      this.readSegment(durable, more);
      if (!more) break;
      this.segment += 1;
      this.offset = 0;
    }
    if (this.sealed) durable.push(...this.group.splice(0));
    return durable;
  }

  private get path(): string {
    return join(journalFolder(this.dir), segmentName(this.segment));
  }

  /** Whether the writer has gone on to another segment, so that this one holds all that it will. */
  private isPast(): boolean {
    return isThere(join(journalFolder(this.dir), segmentName(this.segment + 1)), this.disk);
  }

  private readSegment(durable: JournalRecord[], whole: boolean): void {
    const window = new Window(this.disk, this.path);
    try {
      if (this.offset === 0 && !this.enter(window, whole)) return;
      while (this.offset < window.size && this.readFrame(window, durable, whole)) {
        // Frame by frame, until one is not all there yet.
      }
    } finally {
      window.close();
    }
  }

  /** Reads a segment's header; false when it is not all there yet. */
  private enter(window: Window, whole: boolean): boolean {
    if (window.size < SEGMENT_HEADER_BYTES && !whole) return false;
    const header = window.take(0, Math.min(window.size, SEGMENT_HEADER_BYTES));
    const problem = segmentProblem(header, this.segment, this.chain);
    if (problem !== undefined) this.damaged(problem);
    this.offset = SEGMENT_HEADER_BYTES;
    return true;
  }

  /** Reads one frame; false when it is not all there yet. What another one follows was written whole. */
  private readFrame(window: Window, durable: JournalRecord[], whole: boolean): boolean {
    const left = window.size - this.offset;
    const header = left < FRAME_HEADER_BYTES ? undefined : window.take(this.offset, FRAME_HEADER_BYTES);
    const size = FRAME_HEADER_BYTES + (header ? statedLength(header) : 0);
    if (size > FRAME_HEADER_BYTES + LIMITS.recordBytes) this.damaged('it states a length beyond the limit');
    if (!header || size > left) return whole ? this.damaged('the segment ends within it') : false;
    const payload = window.take(this.offset + FRAME_HEADER_BYTES, size - FRAME_HEADER_BYTES);
    const problem = frameProblem(header, payload, this.chain);
    if (problem !== undefined) return whole || size < left ? this.damaged(problem) : false;
    this.accept(header, payload, durable);
    this.offset += size;
    return true;
  }

  private accept(header: Buffer, payload: Buffer, durable: JournalRecord[]): void {
    const begins = hasMark(header, BEGINS);
    if (begins !== this.between) this.damaged('its group does not begin or end here');
    if (begins) durable.push(...this.group.splice(0));
    const stored = { ...this.place, payload, chain: statedChain(header) };
    const record = decode(stored);
    const { fork, base } = this;
    const problem = placeProblem(this.sequence, { ...(fork && { fork }), ...(base && { base }) }, record);
    if (problem !== undefined) this.damaged(problem);
    this.fork = undefined;
    this.base = undefined;
    if (record.type === 'header') refuseUnknownFlags(record, stored);
    this.group.push(record);
    this.chain = Buffer.from(stored.chain);
    this.between = hasMark(header, ENDS);
    this.records += 1;
  }

  private get place(): Pick<StoredRecord, 'segment' | 'offset' | 'record'> {
    return { segment: this.path, offset: this.offset, record: this.records };
  }

  private damaged(problem: string): never {
    return damaged(this.place, problem, { found: `after the head ${toDigest(this.chain)}` });
  }
}
