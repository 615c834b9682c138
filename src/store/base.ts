import { join } from 'node:path';
import { type Disk, nodeDisk } from './disk.ts';
import { isThere } from './files.ts';
import { broken, readSnapshotOpening, type SnapshotPlace, type StoredSnapshot } from './snapshot-file.ts';

/** The file with which a recording begins whose history before it was dropped: a snapshot, and the first segment that is kept. */
export const BASE_FILE = 'base.vns';

export function basePath(dir: string): string {
  return join(dir, BASE_FILE);
}

/** Where a recording begins. */
export type BasePlace = SnapshotPlace & { readonly segment: number };

/** What the recording in `dir` begins with; undefined for one that begins with its header. @throws Failure VNES8041 */
export function baseOf(
  dir: string,
  disk: Disk = nodeDisk,
): (Omit<StoredSnapshot, 'writes' | 'ids'> & { readonly place: BasePlace }) | undefined {
  const path = basePath(dir);
  if (!isThere(path, disk)) return undefined;
  const { place, ...rest } = readSnapshotOpening(path, disk);
  const { segment } = place;
  if (segment === undefined || segment < 2) broken(path, 'no segment that is kept');
  return { place: { ...place, segment: segment! }, ...rest };
}
