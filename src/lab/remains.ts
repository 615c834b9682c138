import { compareCodeUnits } from '../base/order.ts';
import { type Invariants, prepareInvariants, recordedInvariants } from '../kernel/invariants/prepare.ts';
import { looksBack } from '../kernel/invariants/watch.ts';
import { readCapsules } from '../kernel/recording.ts';
import { baseOf, basePath } from '../store/base.ts';
import type { Disk } from '../store/disk.ts';
import { readJournal } from '../store/read.ts';
import type { FrameRecord } from '../store/record.ts';
import { readSnapshotFile } from '../store/snapshot-file.ts';
import type { WatchedSoFar } from '../store/watched.ts';
import { Fold } from './fold.ts';
import { headerOf } from './open.ts';

/** What is kept of dropped history besides its snapshot, for what goes on from there depends on it. */
export interface Remains {
  /** What senders had called their events, which they may send again; in code-unit order. */
  readonly ids: readonly string[];
  readonly watched: WatchedSoFar;
}

type Extent = Omit<WatchedSoFar, 'broken'>;
const NOTHING: Extent = { frame: 0, time: 0, event: 0 };

/** What remains of the first records of the recording in `dir`, whatever had been dropped of it before. */
export async function remainsOf(dir: string, records: number, disk: Disk): Promise<Remains> {
  const fold = new Fold(undefined, await invariantsIn(dir, disk));
  const before = baseOf(dir, disk) && readSnapshotFile(basePath(dir), disk);
  const ids = new Set(before?.ids);
  let last = before?.place.watched ?? NOTHING;
  for (const entry of readJournal(dir, disk)) {
    if (entry.number >= records) break;
    fold.take(entry, disk);
    if (entry.record.type !== 'frame') continue;
    last = lastOf(entry.record, last);
    for (const { id } of entry.record.ingress) if (id !== undefined) ids.add(id);
  }
  return { ids: [...ids].sort(compareCodeUnits), watched: { ...last, broken: fold.broken } };
}

function lastOf({ frame, time, ingress, published, deliveries }: FrameRecord, before: Extent): Extent {
  const event = published.at(-1)?.seq ?? ingress.at(-1)?.seq ?? deliveries.at(-1)?.event ?? before.event;
  return { frame, time: Math.max(before.time, time), event };
}

/** The invariants that can only be asked with all events and deliveries of the run, by name. */
export async function invariantsOfTheWhole(dir: string, disk: Disk): Promise<readonly string[]> {
  const { declared } = await invariantsIn(dir, disk);
  return declared.filter(({ at, text }) => at === 'end' && looksBack(text)).map(({ name }) => name);
}

function invariantsIn(dir: string, disk: Disk): Promise<Invariants> {
  const { dir: layer, header } = headerOf(dir, disk);
  return prepareInvariants(readCapsules(layer, header, disk), recordedInvariants(dir, header));
}
