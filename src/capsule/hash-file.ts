import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Digest } from '../base/digest.ts';

/** No link is followed, and a FIFO put there in the last moment does not block. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** One buffer for all files: memory stays the same for any size, and small files need no allocation. */
const CHUNK = Buffer.allocUnsafeSlow(1024 * 1024);

export interface HashedFile {
  /** st_mode, with the kind of file. */
  readonly mode: number;
  /** Names that the file has. */
  readonly links: number;
  readonly size: number;
  readonly sha256: Digest;
  /** The bytes that were hashed, when asked for. */
  readonly bytes?: Buffer;
}

/** The file was not the size that it said when it was opened. */
export class FileMoved extends Error {}

/**
 * Opens a file once and takes everything from that one descriptor: kind, size, bytes and digest belong together.
 * `keepBytes` is the size in bytes up to which the content is kept. What is not a regular file is not read: its `size` is 0.
 * @throws FileMoved when the file grows or shrinks meanwhile; a system error when it cannot be opened.
 */
export function hashFile(path: string | Buffer, keepBytes = 0): HashedFile {
  const descriptor = openSync(path, FLAGS);
  try {
    const status = fstatSync(descriptor);
    const { mode, nlink: links, size } = status;
    if (!status.isFile()) return { mode, links, size: 0, sha256: `sha256:${hash('sha256', '', 'hex')}` };
    if (size <= keepBytes && size >= CHUNK.length)
      return { mode, links, size, ...readWhole(descriptor, size) };
    if (size >= CHUNK.length) return { mode, links, size, sha256: readChunks(descriptor, size) };
    const content = CHUNK.subarray(0, readSync(descriptor, CHUNK, 0, size + 1, null));
    if (content.length !== size) throw new FileMoved(String(path));
    const sha256 = `sha256:${hash('sha256', content, 'hex')}` as const;
    return size <= keepBytes
      ? { mode, links, size, sha256, bytes: Buffer.from(content) }
      : { mode, links, size, sha256 };
  } finally {
    closeSync(descriptor);
  }
}

function readWhole(descriptor: number, size: number): { sha256: Digest; bytes: Buffer } {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, null);
    if (count === 0) throw new FileMoved();
    filled += count;
  }
  if (readSync(descriptor, CHUNK, 0, 1, null) !== 0) throw new FileMoved();
  return { sha256: `sha256:${hash('sha256', bytes, 'hex')}`, bytes };
}

function readChunks(descriptor: number, size: number): Digest {
  const state = createHash('sha256');
  let total = 0;
  for (;;) {
    const count = readSync(descriptor, CHUNK, 0, CHUNK.length, null);
    if (count === 0) break;
    total += count;
    state.update(CHUNK.subarray(0, count));
  }
  if (total !== size) throw new FileMoved();
  return `sha256:${state.digest('hex')}`;
}
