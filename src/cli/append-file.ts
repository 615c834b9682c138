import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { errorCode } from '../base/system-error.ts';

/**
 * Puts text at the end of a file, which `compose` makes of the bytes that are there, while no other process does the same. The text is on the
 * disk when this returns, and where that fails the file is as it was.
 * @throws Failure VNES1107 when another process is at it, VNES1010 and VNES1012 when the file cannot be read or written; what compose throws
 */
export function appendDurably<T extends { readonly text: string }>(
  path: string,
  shown: string,
  compose: (bytes: Uint8Array) => T,
): T {
  const lock = `${path}.lock`;
  takeLock(lock, shown);
  try {
    const fresh = !existsSync(path);
    const before = fresh ? Buffer.alloc(0) : reading(shown, () => readFileSync(path));
    const addition = compose(before);
    if (addition.text !== '') writing(shown, () => append(path, before.length, addition.text, fresh));
    return addition;
  } finally {
    rmSync(lock, { force: true });
  }
}

function append(path: string, size: number, text: string, fresh: boolean): void {
  const file = openSync(path, 'a');
  try {
    try {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fdatasyncSync(file);
    } catch (error) {
      ftruncateSync(file, size);
      throw error;
    }
  } finally {
    closeSync(file);
  }
  if (fresh) syncFolder(dirname(path));
}

/** A new file is there after a power loss once its folder is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A lock is never taken over: whoever holds it may only be slow. */
function takeLock(lock: string, shown: string): void {
  try {
    closeSync(openSync(lock, 'wx'));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') unwritable(shown, error);
    fail('VNES1107', 'another process adds to this input', {
      place: { file: shown },
      expected: `no file ${shown}.lock`,
      found: 'one',
      help: `try again; when no vnes is at work any more, one was killed: look at the end of the input, and remove ${shown}.lock`,
    });
  }
}

function reading<T>(shown: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    return fail('VNES1010', 'the file cannot be read', {
      place: { file: shown },
      expected: 'a readable file',
      found: errorCode(error) ?? 'an error',
    });
  }
}

function writing(shown: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    unwritable(shown, error);
  }
}

function unwritable(shown: string, error: unknown): never {
  return fail('VNES1012', 'the file cannot be written', {
    place: { file: shown },
    expected: 'a file in a folder that can be written',
    found: errorCode(error) ?? 'an error',
  });
}
