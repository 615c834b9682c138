import type { Digest } from '../base/digest.ts';
import { StateTable } from '../state/memory.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { broken, readSnapshotFile, type SnapshotPlace } from '../store/snapshot-file.ts';
import type { SnapshotBody } from './snapshot.ts';

/** A snapshot with the state. */
export interface Snapshot {
  readonly place: SnapshotPlace;
  readonly body: SnapshotBody;
  /** Digest of the body, which stands for the whole. */
  readonly digest: Digest;
  readonly state: StateTable;
  /** Ids of events that were dropped. */
  readonly ids: readonly string[];
}

/**
 * Reads the file of a snapshot and checks all of it: form and order of the lines, and both roots of the state.
 * @throws Failure VNES8040 no such file, VNES8041 for what no snapshot has
 */
export function readSnapshot(path: string, disk: Disk = nodeDisk): Snapshot {
  const { place, body, digest, writes, ids } = readSnapshotFile(path, disk);
  const state = new StateTable();
  state.restore(writes);
  if (state.root() !== body.stateRoot) broken(path, 'a state with another root than the snapshot states');
  return { place, body: body as SnapshotBody, digest, state, ids };
}
