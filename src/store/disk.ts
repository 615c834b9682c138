import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../base/system-error.ts';
import { makeFolders } from '../base/write-file.ts';

/** The calls onto the file system by which a recording is written and read. A port, so that tests can make a disk of any kind. */
export interface Disk {
  /** Makes a folder and those above it where they are missing; returns the first that was missing. */
  makeFolder(path: string): string | undefined;
  /** Names of a folder's entries, in no order. */
  list(path: string): string[];
  /** Creates a file that must not exist yet; returns its descriptor. */
  create(path: string): number;
  /** Opens a plain file to read. Anything else is refused: opening a pipe would wait for ever. */
  open(path: string): number;
  /** Bytes of an open file. */
  size(file: number): number;
  /** Reads at a place in the file and fills `into` as far as it can; returns how many bytes, 0 at the end. */
  read(file: number, into: Uint8Array, at: number): number;
  /** Writes some of the bytes at the end; returns how many. */
  write(file: number, bytes: Uint8Array): number;
  /** Brings the file's data and size to the disk. */
  sync(file: number): void;
  /** Brings a folder's entries to the disk. */
  syncFolder(path: string): void;
  /** Gives a file or a folder another name, in the place of what has that name. */
  rename(from: string, to: string): void;
  /** Removes a file, or a folder with all that is in it; what is not there is no error. */
  remove(path: string): void;
  close(file: number): void;
}

export const nodeDisk: Disk = {
  makeFolder: path => makeFolders(path),
  list: path => fs.readdirSync(path),
  create: path => fs.openSync(path, 'wx'),
  open: openPlain,
  size: file => fs.fstatSync(file).size,
  read: (file, into, at) => fs.readSync(file, into, 0, into.length, at),
  write: (file, bytes) => fs.writeSync(file, bytes),
  sync: file => fs.fdatasyncSync(file),
  syncFolder,
  rename: (from, to) => fs.renameSync(from, to),
  remove: path => fs.rmSync(path, { recursive: true, force: true }),
  close: file => fs.closeSync(file),
};

/** Windows cannot open folders and keeps their entries itself. */
function syncFolder(path: string): void {
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

function openPlain(path: string): number {
  const file = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  if (fs.fstatSync(file).isFile()) return file;
  fs.closeSync(file);
  throw Object.assign(new Error(`not a plain file: ${path}`), { code: 'not a plain file' });
}

/** Creates a folder with its parents; every entry that is new is on the disk when this returns. */
export function createFolder(disk: Disk, path: string): void {
  const full = resolve(path);
  const first = disk.makeFolder(full);
  if (first === undefined) return;
  for (let folder = full; folder.length >= first.length; folder = dirname(folder))
    disk.syncFolder(dirname(folder));
}
