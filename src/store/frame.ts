import { crc32 } from 'node:zlib';
import { sha256Raw } from '../base/digest.ts';

/*
 * Bytes of a segment: a header `magic[8] number[u32] chain[32] crc32[u32]`, then frames `length[u32] crc32[u32] chain[32]
 * payload[length]`. Numbers are big-endian. The chain of a frame is SHA-256 over the chain before it and the payload; a segment's
 * header carries the chain so far. Each checksum covers every other byte of its header or frame, so one changed bit is found
 * even where no key is known to check the chain against. The two upper bits of a length say where a group begins and ends: a
 * group is what one sync made durable, so whatever stands before the beginning of another group had been acknowledged.
 */

const MAGIC = Buffer.from('VNESJNL1', 'latin1');
export const SEGMENT_HEADER_BYTES = 48;
export const FRAME_HEADER_BYTES = 40;

/** Marks of a frame, in the upper bits of its length. */
export const BEGINS = 0x8000_0000;
export const ENDS = 0x4000_0000;
const LENGTH = 0x3fff_ffff;

/** The chain before the first record. */
export const CHAIN_START: Buffer = sha256Raw(MAGIC);

/** The header of segment `number` (from 1), which goes on from `chain`. */
export function segmentHeader(number: number, chain: Uint8Array): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32BE(number, 8);
  header.set(chain, 12);
  header.writeUInt32BE(crc32(header.subarray(0, 44)), 44);
  return header;
}

/** What is wrong with a segment's header; undefined when it is exactly the one that belongs here. */
export function segmentProblem(header: Buffer, number: number, chain: Uint8Array): string | undefined {
  if (header.length < SEGMENT_HEADER_BYTES) return 'the segment ends within its header';
  if (!header.subarray(0, 8).equals(MAGIC)) return 'this is not a segment of a journal';
  if (crc32(header.subarray(0, 44)) !== header.readUInt32BE(44))
    return "the checksum of the segment's header does not match";
  if (header.readUInt32BE(8) !== number)
    return `this is segment ${header.readUInt32BE(8)} under the name of segment ${number}`;
  if (!header.subarray(12, 44).equals(chain))
    return 'the segment does not go on where the one before it ends';
  return undefined;
}

/** Length, checksum and chain of one frame, to stand before its payload. Without marks it is a group of its own. */
export function frameHeader(payload: Uint8Array, before: Uint8Array, marks = BEGINS + ENDS): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt32BE(payload.length + marks, 0);
  header.set(nextChain(before, payload), 8);
  header.writeUInt32BE(checksum(header, payload), 4);
  return header;
}

/** Lets a group end with this frame. */
export function endGroup(header: Buffer, payload: Uint8Array): void {
  header.writeUInt32BE((header.readUInt32BE(0) | ENDS) >>> 0, 0);
  header.writeUInt32BE(checksum(header, payload), 4);
}

/** The payload length that a frame's header states, in bytes. */
export function statedLength(header: Buffer): number {
  return header.readUInt32BE(0) & LENGTH;
}

/** Whether a frame's header says that a group begins, or ends, with it. */
export function hasMark(header: Buffer, mark: typeof BEGINS | typeof ENDS): boolean {
  return (header.readUInt32BE(0) & mark) !== 0;
}

/** The chain that a frame's header carries. */
export function statedChain(header: Buffer): Buffer {
  return header.subarray(8, FRAME_HEADER_BYTES);
}

/** What is wrong with a whole frame; undefined when it is sound and follows `before`. */
export function frameProblem(header: Buffer, payload: Buffer, before: Uint8Array): string | undefined {
  if (!isIntact(header, payload)) return 'its checksum does not match';
  if (!statedChain(header).equals(nextChain(before, payload)))
    return 'it does not follow the record before it';
  return undefined;
}

/** Whether a frame is as it was written, wherever that was. */
export function isIntact(header: Buffer, payload: Buffer): boolean {
  return checksum(header, payload) === header.readUInt32BE(4);
}

function nextChain(before: Uint8Array, payload: Uint8Array): Buffer {
  return sha256Raw(before, payload);
}

function checksum(header: Buffer, payload: Uint8Array): number {
  return crc32(payload, crc32(header.subarray(8), crc32(header.subarray(0, 4))));
}
