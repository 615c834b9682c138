import type { Dirent } from 'node:fs';
import type { HashedFile } from './hash-file.ts';

/** What an entry of a folder is that is neither a plain file nor a folder. */
export function kindOf(entry: Dirent<string> | Dirent<Buffer>): string {
  if (entry.isSymbolicLink()) return 'a symbolic link';
  if (entry.isFIFO()) return 'a FIFO';
  if (entry.isSocket()) return 'a socket';
  return 'a device';
}

/** What makes an open file unfit for a capsule. A second name would let the content change from outside the capsule. */
export function refusedStatus({ mode, links }: HashedFile): string | undefined {
  if ((mode & 0o170000) !== 0o100000) return 'what is not a regular file';
  if (links > 1) return `a hard link (${links} names for one file)`;
  if (mode & 0o6000) return 'a setuid or setgid file';
  return undefined;
}
