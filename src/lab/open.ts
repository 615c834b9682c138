import { fail } from '../base/diagnostic.ts';
import type { Beginning } from '../state/point.ts';
import { baseOf } from '../store/base.ts';
import { lineageOf } from '../store/branch.ts';
import type { Disk } from '../store/disk.ts';
import { checkJournal, headersOf, type PlacedHeader } from '../store/read.ts';

/** Checks every byte of the recording before anything runs, by checksums: the chain is proven as it is read. @throws Failure VNES8001 to VNES8004 */
export function refuseUnsealed(dir: string): void {
  const { sealed, fresh, records } = checkJournal(dir);
  if (sealed || fresh) return;
  fail('VNES8002', 'the recording has no seal: the run did not finish, or its end was cut off', {
    place: { file: dir },
    expected: 'a seal as the last record',
    found: `${records} intact records and no seal`,
    help: `read what is there: vnes bus log ${dir}; go on with the run: vnes run CAPSULES --resume ${dir} --input FILE`,
  });
}

/** What a run would have done from its beginning cannot be told without its beginning. @throws Failure VNES7014 */
export function refuseCompacted(dir: string): void {
  const dropped = droppedBefore(dir);
  if (!dropped) return;
  fail(
    'VNES7014',
    `what the recording held before frame ${dropped.frames} was dropped, and this needs all of it`,
    {
      place: { file: dir },
      expected: 'a recording from its beginning',
      found: `one that begins with a snapshot after ${dropped.frames} frames`,
      help: 'take a copy from before it was compacted',
    },
  );
}

/** The frames and events before which the history of a recording was dropped; undefined where all of it is there. */
export function droppedBefore(dir: string): Beginning | undefined {
  const base = lineageOf(dir).flatMap(layer => baseOf(layer.dir) ?? [])[0];
  return base && { frames: base.body.frames, events: base.body.events };
}

/** The header that is in force at the end of a recording. @throws Failure VNES8001, VNES8003 */
export function headerOf(dir: string, disk?: Disk): PlacedHeader {
  return [...headersOf(dir, disk)].at(-1)!;
}

/** Refuses a header that no run would have written. @throws Failure VNES8102 */
export function impossibleHeader(dir: string, found: string): never {
  fail('VNES8102', 'no run of vnes has written this recording', {
    place: { file: dir },
    expected: 'a header that goes on from its parent',
    found,
    help: 'do not trust the recording; record the run again with `vnes run`',
  });
}
