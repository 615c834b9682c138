import { join } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { errorCode } from '../base/system-error.ts';
import { baseOf } from '../store/base.ts';
import { lineageOf } from '../store/branch.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { quietly, readPlain, writeNew } from '../store/files.ts';
import { guarded } from '../store/refusal.ts';

/** The file that says which process compacts a recording. One that a crash has left behind is taken over. */
const LOCK = 'compacting';

/**
 * Does what drops history of the recording in `dir`, while no other process does, and while none makes what would need it.
 * @throws Failure VNES8052 when another process compacts it, VNES8005
 */
export async function whileCompacting<T>(dir: string, disk: Disk, action: () => Promise<T>): Promise<T> {
  const path = join(dir, LOCK);
  if (!isHeld(dir, disk)) guarded(path, () => disk.remove(path));
  try {
    guarded(path, () => writeNew(disk, path, Buffer.from(String(process.pid))));
  } catch (error) {
    if (isHeld(dir, disk)) busy(dir);
    throw error;
  }
  try {
    const outcome = await action();
    guarded(path, () => disk.remove(path));
    return outcome;
  } catch (error) {
    quietly(() => disk.remove(path));
    throw error;
  }
}

/**
 * Makes what needs history of the recording in `dir` from after `frames` frames on. A compaction sees what was made before it looks; so
 * whoever made something looks after that whether one is at work, or was, and takes it back.
 * @throws Failure VNES8052, VNES7014; what `make` throws
 */
export function makeNeed(dir: string, frames: number, make: () => void, undo: () => void): void {
  make();
  const { dir: root } = lineageOf(dir)[0]!;
  if (isHeld(root, nodeDisk)) {
    undo();
    busy(root);
  }
  const base = baseOf(root)?.place;
  if (!base || base.frames <= frames) return;
  undo();
  fail('VNES7014', `the history after ${frames} frames was dropped meanwhile`, {
    place: { file: root },
    expected: `a place after ${base.frames} frames or later`,
    found: `after ${frames} frames`,
    help: 'ask a copy of the recording from before it was compacted',
  });
}

/** Whether another process that is alive compacts the recording. */
function isHeld(dir: string, disk: Disk): boolean {
  const pid = holderOf(dir, disk);
  return pid !== undefined && pid !== process.pid && isAlive(pid);
}

function holderOf(dir: string, disk: Disk): number | undefined {
  try {
    const written = readPlain(join(dir, LOCK), disk).toString('utf8');
    return /^[1-9][0-9]{0,9}$/.test(written) ? Number(written) : undefined;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function busy(dir: string): never {
  return fail('VNES8052', 'another process drops history of this recording', {
    place: { file: join(dir, LOCK) },
    expected: 'a recording that nobody compacts',
    found: 'the number of a process that is alive',
    help: 'try again when it has ended',
  });
}
