import { canonicalJson } from '../base/canonical.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import type { HeaderRecord, SnapshotRecord } from '../store/record.ts';
import { writesRoot } from '../store/snapshot-file.ts';
import type { Kernel } from './kernel.ts';
import type { Standing } from './standing.ts';
import type { Taken, TakenSoFar } from './taken.ts';
import type { Tally, TallyData } from './tally.ts';

/**
 * What a run goes on with from a snapshot, but the entries of the state, for which two roots stand: over keys and values, and over the last
 * write of every key with its version, writer and cause.
 */
export interface SnapshotBody extends Standing {
  readonly snapshot: 1;
  /** The header in force there, with seed, zone and the versions of the code. */
  readonly header: HeaderRecord;
  readonly stateRoot: Digest;
  readonly writesRoot: Digest;
  readonly writes: number;
  readonly taken: TakenSoFar;
  readonly tally: TallyData;
}

/** What a recording counts besides what its kernel knows. */
export interface Reckoning {
  readonly header: HeaderRecord;
  readonly tally: Tally;
  readonly taken: Taken;
}

/** The body of a snapshot of a kernel that stands between two frames. */
export function bodyOf(kernel: Kernel, { header, tally, taken }: Reckoning): SnapshotBody {
  const writes = kernel.state.lastWrites();
  return {
    snapshot: 1,
    header,
    ...kernel.standing(),
    stateRoot: kernel.state.root(),
    writesRoot: writesRoot(writes),
    writes: writes.length,
    taken: { inputs: taken.inputs, last: taken.last ?? null },
    tally: tally.data(),
  };
}

/** What the digest of a snapshot is taken of. */
export function bodyText(body: SnapshotBody): string {
  return canonicalJson(body as unknown as JsonValue);
}

/** The step of a journal that says so. */
export function snapshotRecord(body: SnapshotBody): SnapshotRecord {
  const { frames, events, logRoot, stateRoot } = body;
  return { type: 'snapshot', frames, events, logRoot, stateRoot, digest: sha256(bodyText(body)) };
}

/** Where a kernel stands that goes on from a snapshot. */
export function standingIn(body: SnapshotBody): Standing {
  const { frames, events, offsets, logRoot, pending, mail, steering, health, idle } = body;
  return { frames, events, offsets, logRoot, pending, mail, steering, health, idle };
}

/** Whether a run that takes a snapshot after every so many frames is due one after this many. */
export function isDue(every: number | undefined, frames: number): boolean {
  return every !== undefined && frames > 0 && frames % every === 0;
}
