import { LIMITS } from '../base/limits.ts';
import {
  BEGINS,
  FRAME_HEADER_BYTES,
  frameProblem,
  hasMark,
  isIntact,
  SEGMENT_HEADER_BYTES,
  segmentProblem,
  statedChain,
  statedLength,
} from './frame.ts';

/** A stretch of a segment: an intact frame, or bytes that are none. */
export interface Piece {
  readonly offset: number;
  /** The byte after it. */
  readonly end: number;
  /** Absent for what is damaged. */
  readonly payload?: Buffer;
  /** The chain after an intact frame. */
  readonly chain?: Buffer;
  /** Whether an intact frame begins a group: then all that stands before it had been synced. */
  readonly begins?: boolean;
  /** What is wrong with it, where it is damaged. */
  readonly problem?: string;
}

/** Every payload begins like this, so only there the beginning of a frame is looked for. */
const PAYLOAD_START = '{"';
/** Bytes that a search checks at most, as a multiple of the segment: hostile lengths must not make it quadratic. */
const SEARCH = 64;

/**
 * Divides a damaged segment into intact frames and what lies between them. Frames after a damage are intact in themselves and
 * follow each other; that nothing is missing before them cannot be shown.
 */
export function* piecesOf(bytes: Buffer, number: number, before?: Buffer): Generator<Piece, void> {
  const header = bytes.subarray(0, SEGMENT_HEADER_BYTES);
  const problem = segmentProblem(header, number, before ?? header.subarray(12, 44));
  if (problem !== undefined) yield { offset: 0, end: header.length, problem };
  const search = { left: bytes.length * SEARCH };
  let chain = problem === undefined ? header.subarray(12, 44) : undefined;
  for (let offset = SEGMENT_HEADER_BYTES; offset < bytes.length; ) {
    const piece = frameAt(bytes, offset, chain) ?? {
      offset,
      end: nextFrame(bytes, offset, search),
      problem: 'its bytes are not what was written',
    };
    yield piece;
    chain = piece.chain;
    offset = piece.end;
  }
}

/** The frame that begins at `offset`; undefined when there is none that is intact. */
function frameAt(bytes: Buffer, offset: number, before: Buffer | undefined): Piece | undefined {
  const frame = boundsAt(bytes, offset);
  if (!frame || !isIntact(frame.header, frame.payload)) return undefined;
  const { header, payload, end } = frame;
  const chain = statedChain(header);
  const problem = before && frameProblem(header, payload, before);
  if (problem !== undefined) return { offset, end, problem, chain };
  return { offset, end, payload, chain, begins: hasMark(header, BEGINS) };
}

/** What a frame at `offset` would consist of, if its length is right. */
function boundsAt(bytes: Buffer, offset: number) {
  const start = offset + FRAME_HEADER_BYTES;
  if (start > bytes.length) return undefined;
  const header = bytes.subarray(offset, start);
  const end = start + statedLength(header);
  if (end > bytes.length || statedLength(header) > LIMITS.recordBytes) return undefined;
  return { header, payload: bytes.subarray(start, end), end };
}

/** The byte at which the next intact frame begins, or the end: first where the stated length leads, then anywhere. */
function nextFrame(bytes: Buffer, offset: number, search: { left: number }): number {
  const stated = boundsAt(bytes, offset)?.end;
  if (stated !== undefined && (stated === bytes.length || frameAt(bytes, stated, undefined))) return stated;
  let at = offset + 1 + FRAME_HEADER_BYTES;
  while (search.left > 0) {
    at = bytes.indexOf(PAYLOAD_START, at, 'latin1');
    if (at < 0) return bytes.length;
    const candidate = boundsAt(bytes, at - FRAME_HEADER_BYTES);
    search.left -= candidate?.payload.length ?? 1;
    if (candidate && isIntact(candidate.header, candidate.payload)) return at - FRAME_HEADER_BYTES;
    at += 1;
  }
  return bytes.length;
}
