import { join } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { errorCode } from '../base/system-error.ts';
import { baseOf } from '../store/base.ts';
import { lineageOf } from '../store/branch.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { quietly, writeNew } from '../store/files.ts';
import { guarded } from '../store/refusal.ts';

/** A file in the recording whose name ends in the number of the process that compacts it. One that a crash has left counts for nothing. */
const LOCK = /^compacting\.([1-9][0-9]{0,9})$/;

/**
 * Does what drops history of the recording in `dir`, while no other process does, and while none makes what would need it. Of two that
 * begin at once, each sees the other's file, so at most one goes on.
 * @throws Failure VNES8052 when another process compacts it, VNES8005
 */
export async function whileCompacting<T>(dir: string, disk: Disk, action: () => Promise<T>): Promise<T> {
  const path = join(dir, `compacting.${process.pid}`);
  guarded(path, () => {
    disk.remove(path);
    writeNew(disk, path, new Uint8Array());
  });
  try {
    if (isHeld(dir, disk)) busy(dir);
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
  const numbers = guarded(dir, () => disk.list(dir)).flatMap(name => LOCK.exec(name)?.[1] ?? []);
  return numbers.map(Number).some(pid => pid !== process.pid && isAlive(pid));
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
    place: { file: dir },
    expected: 'a recording that nobody compacts',
    found: 'a file compacting.NUMBER of a process that is alive',
    help: 'try again when it has ended',
  });
}
