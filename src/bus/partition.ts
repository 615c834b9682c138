import { sha256Raw } from '../base/digest.ts';

/**
 * The partition of an event: the first four bytes of its key's SHA-256 (UTF-8), as a big-endian number, modulo the number of
 * partitions. An event without a key goes to partition 0. The function is part of the recording's format: it never changes.
 * @throws RangeError when `partitions` is not a whole number from 1.
 */
export function partitionOf(key: string | null, partitions: number): number {
  if (!Number.isSafeInteger(partitions) || partitions < 1) {
    throw new RangeError(`the number of partitions must be a whole number from 1, got ${partitions}`);
  }
  return key === null || partitions === 1 ? 0 : sha256Raw(key).readUInt32BE(0) % partitions;
}
