import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fail } from './diagnostic.ts';

/**
 * Writes a file so that a reader, or a machine that loses power, sees either the old content or the whole new one: a new file
 * beside it, synced, then renamed over it.
 * @throws Failure VNES1012 when the place cannot be written.
 */
export function writeAtomically(file: string, content: Uint8Array | string, mode = 0o644): void {
  const partial = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.partial`);
  try {
    withDescriptor(partial, 'w', mode, descriptor => {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    });
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    unwritable(file, error);
  }
}

/** Writes a file that must not be there yet. @throws Failure VNES1012 when the place cannot be written or is taken. */
export function writeNew(file: string, content: Uint8Array | string, mode = 0o644): void {
  try {
    withDescriptor(file, 'wx', mode, descriptor => {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    });
  } catch (error) {
    unwritable(file, error);
  }
}

/** Makes a folder and those above it where they are missing. @throws Failure VNES1012 */
export function makeFolder(folder: string, mode = 0o755): void {
  try {
    makeFolders(folder, mode);
  } catch (error) {
    unwritable(folder, error);
  }
}

/**
 * What `mkdir -p` does; returns the first folder that was missing, as Node's own does. Node's tries for ever where a file
 * system says that a folder to make in does not exist although it does, as Linux does below /proc.
 */
export function makeFolders(folder: string, mode = 0o777): string | undefined {
  const full = path.resolve(folder);
  const above = path.dirname(full);
  const first = existsSync(above) ? undefined : makeFolders(above, mode);
  try {
    mkdirSync(full, { mode });
  } catch (error) {
    if (isTaken(error) && statSync(full, { throwIfNoEntry: false })?.isDirectory()) return first;
    throw error;
  }
  return first ?? full;
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function withDescriptor(file: string, flags: string, mode: number, use: (descriptor: number) => void): void {
  const descriptor = openSync(file, flags, mode);
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function unwritable(file: string, error: unknown): never {
  const found = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
  fail('VNES1012', 'the file or folder cannot be written', {
    place: { file },
    expected: 'a place to write to',
    found,
  });
}
