import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolders } from '../base/write-file.ts';

/** The calls onto the file system by which a journal becomes durable. A port, so that a test can make each of them fail. */
export interface JournalFiles {
  /** Creates a file that must not exist yet; returns its descriptor. */
  create(path: string): number;
  /** Writes some of the bytes; returns how many. */
  write(file: number, bytes: Uint8Array): number;
  /** Brings the file's data and size to the disk. */
  sync(file: number): void;
  /** Brings a folder's entries to the disk. */
  syncFolder(path: string): void;
  close(file: number): void;
}

export const nodeFiles: JournalFiles = {
  create: path => fs.openSync(path, 'wx'),
  write: (file, bytes) => fs.writeSync(file, bytes),
  sync: file => fs.fdatasyncSync(file),
  syncFolder,
  close: file => fs.closeSync(file),
};

/** Brings a folder's entries to the disk. Windows cannot open folders and keeps their entries itself. */
export function syncFolder(path: string): void {
  let folder: number;
  try {
    folder = fs.openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'EISDIR' || errorCode(error) === 'EPERM') return;
    throw error;
  }
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** Creates a folder with its parents; every entry that is new is on the disk when this returns. */
export function createFolder(path: string, sync: (path: string) => void = syncFolder): void {
  const full = resolve(path);
  const first = makeFolders(full);
  if (first === undefined) return;
  for (let folder = full; folder.length >= first.length; folder = dirname(folder)) sync(dirname(folder));
}

/** Writes all of the bytes; a disk may take them in several pieces. */
export function writeAll(files: JournalFiles, file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += files.write(file, bytes.subarray(written));
}

/** Opens a plain file to read. Anything else is refused: opening a pipe would wait for ever. */
export function openPlain(path: string): number {
  const file = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  if (fs.fstatSync(file).isFile()) return file;
  fs.closeSync(file);
  throw Object.assign(new Error(`not a plain file: ${path}`), { code: 'not a plain file' });
}

/** All bytes of a plain file. */
export function readPlain(path: string): Buffer {
  const file = openPlain(path);
  try {
    return fs.readFileSync(file);
  } finally {
    fs.closeSync(file);
  }
}

/** Node's name of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
