import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { errorCode } from '../../base/system-error.ts';
import type { OpenFolder } from './folder.ts';

const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** What file systems without hard links say. */
const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/**
 * Gives a file that was written elsewhere its name in a folder, all at once, and never in the place of something else.
 * @throws a system error; EEXIST when something lies there.
 */
export function placeFile(staged: Buffer, folder: OpenFolder, name: string, temporary: string): void {
  try {
    linkSync(staged, folder.at(name));
    unlinkSync(staged);
  } catch (error) {
    if (NO_LINKS.has(errorCode(error))) renameFree(staged, folder.at(name));
    else if (errorCode(error) === 'EXDEV') copyOver(staged, folder, name, temporary);
    else throw error;
  }
  folder.sync();
}

/** From another file system: a copy beside the place, which then takes its name. */
function copyOver(staged: Buffer, folder: OpenFolder, name: string, temporary: string): void {
  const copy = folder.at(temporary);
  try {
    copyFileSync(staged, copy, constants.COPYFILE_EXCL);
    chmodSync(copy, lstatSync(staged).mode & 0o777);
    renameFree(copy, folder.at(name));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') unlinkIfThere(copy);
    throw error;
  }
  unlinkSync(staged);
}

function renameFree(from: Buffer, to: Buffer): void {
  if (lstatSync(to, { throwIfNoEntry: false })) throw Object.assign(new Error('taken'), { code: 'EEXIST' });
  renameSync(from, to);
}

/** Removes one of our own temporary files. */
export function unlinkIfThere(place: Buffer): void {
  try {
    unlinkSync(place);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Makes a file executable or not, as whoever may read it may run it; takes away setuid and setgid.
 * @throws a system error; ESTALE for what is no plain file with one name.
 */
export function setExecutable(place: Buffer, executable: boolean): void {
  const descriptor = openSync(place, READ);
  try {
    const status = fstatSync(descriptor);
    const { mode } = status;
    // A second name would be somebody else's file.
    if (!status.isFile() || status.nlink !== 1)
      throw Object.assign(new Error('another file'), { code: 'ESTALE' });
    const plain = mode & 0o666;
    fchmodSync(descriptor, executable ? plain | 0o100 | ((plain & 0o444) >> 2) : plain);
  } finally {
    closeSync(descriptor);
  }
}
