import { crc32 } from 'node:zlib';
import { Failure } from '../base/diagnostic.ts';
import { digestBytes, toDigest } from '../base/digest.ts';
import { LIMITS } from '../base/limits.ts';
import { errorCode } from '../base/system-error.ts';
import { baseOf } from './base.ts';
import { hasJournal, lineageOf } from './branch.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { quietly, readAt } from './files.ts';
import {
  BEGINS,
  CHAIN_START,
  ENDS,
  FRAME_HEADER_BYTES,
  hasMark,
  SEGMENT_HEADER_BYTES,
  segmentProblem,
  statedChain,
  statedLength,
} from './frame.ts';
import type { LayeredRecord } from './layers.ts';
import { listSegments } from './segments.ts';

/** What a pass over checksums ends with. */
export interface Summed {
  readonly last: LayeredRecord;
  /** Whether it is a branch without records of its own. */
  readonly fresh: boolean;
}

/**
 * Passes over all bytes of a recording, and of those that it goes on from, as fast as they can be read: CRC-32 of every header and
 * frame, the marks of groups, and that each segment and branch goes on from the chain that is stated before it. The chain itself
 * is not computed. Undefined at anything that is not right; a pass over the frames then tells what it is.
 */
export function sumJournal(dir: string, disk: Disk = nodeDisk): Summed | undefined {
  try {
    return sumLayers(dir, disk);
  } catch (error) {
    if (error instanceof Failure || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

function sumLayers(dir: string, disk: Disk): Summed | undefined {
  let first = 0;
  let last: LayeredRecord | undefined;
  for (const { dir: layer, until } of lineageOf(dir, disk)) {
    if (!until && last && !hasJournal(layer, disk)) return { last, fresh: true };
    const sums = new LayerSums(layer, disk, first);
    last = sums.pass(until ? until.records - first : Number.POSITIVE_INFINITY);
    if (!last || (until && toDigest(last.chain) !== until.head)) return undefined;
    first = last.number + 1;
  }
  return last && { last, fresh: false };
}

/** The journal of one folder. */
class LayerSums {
  private readonly dir: string;
  private readonly disk: Disk;
  private readonly first: number;
  private records = 0;
  private chain: Buffer = CHAIN_START;
  private between = true;
  private last: { readonly segment: string; readonly offset: number; readonly length: number } | undefined;

  constructor(dir: string, disk: Disk, first: number) {
    this.dir = dir;
    this.disk = disk;
    this.first = first;
  }

  /** The record before `end`; undefined when something is wrong, or there are not so many. */
  pass(end: number): LayeredRecord | undefined {
    const base = baseOf(this.dir, this.disk)?.place;
    let number = (base?.segment ?? 1) - 1;
    if (base) [this.records, this.chain] = [base.records, digestBytes(base.head)];
    for (const segment of listSegments(this.dir, this.disk, base?.segment)) {
      number += 1;
      if (this.records < end && !this.segment(segment, number, end)) return undefined;
    }
    const whole = this.records === end || (end === Number.POSITIVE_INFINITY && this.between);
    return whole ? this.lastRecord() : undefined;
  }

  private segment(path: string, number: number, end: number): boolean {
    const file = this.disk.open(path);
    try {
      const pieces = new Pieces(this.disk, file);
      const header = pieces.take(SEGMENT_HEADER_BYTES);
      if (!header || segmentProblem(header, number, this.chain) !== undefined) return false;
      const before = this.records;
      while (pieces.left > 0 && this.records < end) if (!this.frame(pieces, path)) return false;
      return this.records > before || before > 0;
    } finally {
      quietly(() => this.disk.close(file));
    }
  }

  private frame(pieces: Pieces, segment: string): boolean {
    const offset = pieces.at;
    const header = pieces.take(FRAME_HEADER_BYTES);
    if (!header || hasMark(header, BEGINS) !== this.between) return false;
    const length = statedLength(header);
    if (length > LIMITS.recordBytes) return false;
    const stated = header.readUInt32BE(4);
    this.between = hasMark(header, ENDS);
    this.chain = Buffer.from(statedChain(header));
    const sum = pieces.sum(length, crc32(this.chain, crc32(header.subarray(0, 4))));
    this.records += 1;
    this.last = { segment, offset, length };
    return sum === stated;
  }

  private lastRecord(): LayeredRecord | undefined {
    if (!this.last) return undefined;
    const { segment, offset, length } = this.last;
    const { dir, chain, between: ends } = this;
    const file = this.disk.open(segment);
    try {
      const payload = readAt(this.disk, file, offset + FRAME_HEADER_BYTES, length);
      const record = this.records - 1;
      return { segment, offset, record, payload, chain, ends, number: this.first + record, dir };
    } finally {
      quietly(() => this.disk.close(file));
    }
  }
}

const PIECE = Buffer.allocUnsafe(1024 * 1024);

/** A file from its beginning to its end, through one piece of memory that stays in the processor's cache. */
class Pieces {
  at = 0;
  private readonly disk: Disk;
  private readonly file: number;
  private readonly size: number;
  private start = 0;
  private filled = 0;

  constructor(disk: Disk, file: number) {
    this.disk = disk;
    this.file = file;
    this.size = disk.size(file);
  }

  /** Bytes from here to the end. */
  get left(): number {
    return this.size - this.at;
  }

  /** The next bytes, until more is taken; undefined when there are not so many. */
  take(length: number): Buffer | undefined {
    if (this.left < length) return undefined;
    if (this.at + length > this.start + this.filled) this.fill();
    if (this.at + length > this.start + this.filled) return undefined;
    const from = this.at - this.start;
    this.at += length;
    return PIECE.subarray(from, from + length);
  }

  /** CRC-32 of the next bytes, after those of `before`; undefined when there are not so many. */
  sum(length: number, before: number): number | undefined {
    if (this.left < length) return undefined;
    let sum = before;
    for (let rest = length; rest > 0; ) {
      if (this.at === this.start + this.filled) this.fill();
      if (this.filled === 0) return undefined;
      const from = this.at - this.start;
      const count = Math.min(rest, this.filled - from);
      sum = crc32(PIECE.subarray(from, from + count), sum);
      this.at += count;
      rest -= count;
    }
    return sum;
  }

  private fill(): void {
    this.start = this.at;
    this.filled = this.disk.read(this.file, PIECE, this.at);
  }
}

/** CRC-32 of a file, and its size; undefined when it cannot be read. */
export function sumFile(path: string, disk: Disk = nodeDisk): string | undefined {
  let file: number | undefined;
  try {
    file = disk.open(path);
    const pieces = new Pieces(disk, file);
    const bytes = pieces.left;
    const sum = pieces.sum(bytes, 0);
    return sum === undefined ? undefined : `${bytes} bytes, CRC-32 ${sum.toString(16).padStart(8, '0')}`;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) disk.close(file);
  }
}
