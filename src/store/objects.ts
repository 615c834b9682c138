import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { type Digest, isDigest, sha256 } from '../base/digest.ts';
import { createFolder, errorCode, nodeFiles, readPlain, syncFolder, writeAll } from './files.ts';

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
export function putObject(dir: string, bytes: Uint8Array): Digest {
  const digest = sha256(bytes);
  const path = objectPath(dir, digest);
  if (digestOf(path) === digest) return digest;
  try {
    createFolder(dirname(path));
    replaceFile(path, bytes);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    fail('VNES8005', `the recording cannot be written: ${code}`, {
      place: { file: path },
      found: code,
      help: 'check the path, its permissions and the free space of its disk, then record again',
    });
  }
  return digest;
}

/** The bytes of an object, hashed again. @throws Failure VNES8007 when they are missing or not what the digest says. */
export function getObject(dir: string, digest: Digest): Uint8Array {
  const path = objectPath(dir, digest);
  let bytes: Uint8Array | undefined;
  let found = 'no such file';
  try {
    bytes = readPlain(path);
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

/** A file appears under its name only when it is whole. */
function replaceFile(path: string, bytes: Uint8Array): void {
  const folder = fs.mkdtempSync(`${path}.`);
  const temporary = join(folder, 'object');
  try {
    const file = nodeFiles.create(temporary);
    try {
      writeAll(nodeFiles, file, bytes);
      nodeFiles.sync(file);
    } finally {
      nodeFiles.close(file);
    }
    fs.renameSync(temporary, path);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  syncFolder(dirname(path));
}

function digestOf(path: string): Digest | undefined {
  try {
    return sha256(readPlain(path));
  } catch {
    return undefined;
  }
}
