import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { LIMITS } from '../../base/limits.ts';
import { errorCode } from '../../base/system-error.ts';
import { makeFolder, writeAtomically } from '../../base/write-file.ts';
import { getObject, objectPath } from '../../store/objects.ts';
import { OBJECTS } from './read.ts';

/** The kept bytes of a quarantine, by their digests. None are ever taken out. */
export class KeptBytes {
  private readonly dir: string;
  private readonly most: number;
  private room: number | undefined;

  /** `most` is the number of bytes that the quarantine may hold. */
  constructor(dir: string, most: number = LIMITS.quarantineBytes) {
    this.dir = dir;
    this.most = most;
  }

  /**
   * Keeps bytes; false when they are too many, or the quarantine is full.
   * @throws Failure VNES1012 when the folder cannot be written.
   */
  keep(digest: Digest, bytes: Uint8Array): boolean {
    if (bytes.length > LIMITS.quarantineFileBytes) return false;
    if (this.read(digest)) return true;
    this.room ??= this.most - sizeOf(join(this.dir, OBJECTS));
    if (bytes.length > this.room) return false;
    this.room -= bytes.length;
    const path = objectPath(this.dir, digest);
    makeFolder(dirname(path));
    writeAtomically(path, bytes);
    return true;
  }

  /** The bytes of a digest; undefined when they are gone or damaged. */
  read(digest: Digest): Uint8Array | undefined {
    try {
      return getObject(this.dir, digest);
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  }
}

/** Bytes of all files below a folder. */
function sizeOf(folder: string): number {
  try {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry =>
      entry.isFile(),
    );
    return files.reduce((sum, { parentPath, name }) => sum + sizeOfFile(join(parentPath, name)), 0);
  } catch (error) {
    if (errorCode(error) !== undefined) return 0;
    throw error;
  }
}

/** Another run may be moving it into its place. */
function sizeOfFile(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
