import { closeSync, fstatSync, readSync } from 'node:fs';
import { LIMITS } from '../base/limits.ts';
import { type DamagePlace, damaged } from './damage.ts';
import { errorCode, openPlain } from './files.ts';
import {
  CHAIN_START,
  FRAME_HEADER_BYTES,
  frameProblem,
  SEGMENT_HEADER_BYTES,
  segmentProblem,
  statedChain,
  statedLength,
} from './frame.ts';
import { listSegments } from './segments.ts';

/** A frame whose checksum and chain are right; what its payload says is another matter. */
export interface RawFrame extends DamagePlace {
  readonly record: number;
  readonly payload: Buffer;
  readonly chain: Buffer;
}

/**
 * The frames of all segments of the recording in `dir`, checked against their checksums and the chain; memory holds one.
 * @throws Failure VNES8001, VNES8003
 */
export function* readFrames(dir: string): Generator<RawFrame> {
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
