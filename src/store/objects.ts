import { dirname, join } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { type Digest, isDigest, sha256 } from '../base/digest.ts';
import { errorCode } from '../base/system-error.ts';
import { createFolder, type Disk, nodeDisk } from './disk.ts';
import { readPlain, replaceFile } from './files.ts';
import { guarded } from './refusal.ts';

/** Where an object of a recording lies: `objects/sha256/ab/cdef...`. */
export function objectPath(dir: string, digest: Digest): string {
  if (!isDigest(digest)) throw new RangeError(`not a digest: ${JSON.stringify(digest)}`);
  const [algorithm, hex] = digest.split(':') as [string, string];
  return join(dir, 'objects', algorithm, hex.slice(0, 2), hex.slice(2));
}

/**
 * Keeps bytes under their digest; they are on the disk when this returns. What is there already and sound stays.
 * @throws Failure VNES8005 when the folder cannot be written.
 */
export function putObject(dir: string, bytes: Uint8Array, disk: Disk = nodeDisk): Digest {
  const digest = sha256(bytes);
  const path = objectPath(dir, digest);
  if (digestOf(path, disk) === digest) return digest;
  guarded(path, () => {
    createFolder(disk, dirname(path));
    replaceFile(disk, path, bytes);
  });
  return digest;
}

/** The bytes of an object, hashed again. @throws Failure VNES8007 when they are missing or not what the digest says. */
export function getObject(dir: string, digest: Digest, disk: Disk = nodeDisk): Uint8Array {
  const path = objectPath(dir, digest);
  let bytes: Uint8Array | undefined;
  let found = 'no such file';
  try {
    bytes = readPlain(path, disk);
    found = sha256(bytes);
  } catch (error) {
    found = errorCode(error) ?? found;
  }
  if (bytes !== undefined && found === digest) return bytes;
  return fail('VNES8007', 'an object of the recording is missing or damaged', {
    place: { file: path },
    expected: digest,
    found,
    help: 'take the file from a copy of the recording, or record the run again with `vnes run`',
  });
}

function digestOf(path: string, disk: Disk): Digest | undefined {
  try {
    return sha256(readPlain(path, disk));
  } catch {
    return undefined;
  }
}
