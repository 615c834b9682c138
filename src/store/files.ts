import { dirname } from 'node:path';
import { errorCode } from '../base/system-error.ts';
import { type Disk, nodeDisk } from './disk.ts';

/** Writes all of the bytes; a disk may take them in several pieces. @throws an error with a code when it takes none. */
export function writeAll(disk: Disk, file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    const taken = disk.write(file, bytes.subarray(written));
    if (taken === 0) throw Object.assign(new Error('the disk takes no more bytes'), { code: 'EIO' });
    written += taken;
  }
}

/** A file appears under its name only when it is whole and on the disk; what had the name before is replaced. */
export function replaceFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const partial = `${path}.partial`;
  disk.remove(partial);
  writeNew(disk, partial, bytes);
  disk.rename(partial, path);
  disk.syncFolder(dirname(path));
}

/** Writes a file that must not exist yet, and brings its bytes, but not yet its name, to the disk. */
export function writeNew(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.create(path);
  try {
    writeAll(disk, file, bytes);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
}

/** All bytes of a plain file. */
export function readPlain(path: string, disk: Disk = nodeDisk): Buffer {
  const file = disk.open(path);
  try {
    return readAt(disk, file, 0, disk.size(file));
  } finally {
    quietly(() => disk.close(file));
  }
}

/** Reads `length` bytes at `offset`; fewer only where the file is shorter. */
export function readAt(disk: Disk, file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = disk.read(file, bytes.subarray(filled), offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

/** Nothing has this name, or what it is said to lie in is no folder. */
const NOTHING_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** Whether there is anything to read under this name. */
export function isThere(path: string, disk: Disk = nodeDisk): boolean {
  try {
    disk.close(disk.open(path));
    return true;
  } catch (error) {
    return !NOTHING_THERE.has(errorCode(error) ?? '');
  }
}

/** Does what may fail without a word. */
export function quietly(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}
