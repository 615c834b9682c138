import { join } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { compareCodeUnits } from '../base/order.ts';
import { errorCode } from '../base/system-error.ts';
import { damaged } from './damage.ts';
import { type Disk, nodeDisk } from './disk.ts';

const NAME = /^[0-9]{8}\.vnj$/;

/** The folder of a recording's journal. */
export function journalFolder(dir: string): string {
  return join(dir, 'journal');
}

/** File name of segment `number`, from 1: `00000001.vnj`. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.vnj`;
}

/**
 * Paths of a journal's segments in order, from number `first` on. What has a smaller number is left over from before it was dropped.
 * @throws Failure VNES8001 when there is no journal, VNES8003 in the place of one that is missing or misnamed.
 */
export function* listSegments(dir: string, disk: Disk = nodeDisk, first = 1): Generator<string, void> {
  const folder = journalFolder(dir);
  const names = readNames(folder, dir, disk)
    .filter(name => name.endsWith('.vnj') && name >= segmentName(first))
    .sort(compareCodeUnits);
  if (names.length === 0) refuseAbsent(dir, 'an empty journal');
  for (const [index, name] of names.entries()) {
    const expected = segmentName(index + first);
    if (name !== expected) {
      damaged(
        { segment: join(folder, expected), offset: 0 },
        'a segment of the journal is missing or misnamed',
        { expected, found: NAME.test(name) ? `${name} as segment ${index + first}` : name },
      );
    }
    yield join(folder, name);
  }
}

/** Numbers of the segments that are there, in order, whether or not one is missing. */
export function segmentNumbers(dir: string, disk: Disk): number[] {
  return disk
    .list(journalFolder(dir))
    .filter(name => NAME.test(name))
    .map(name => Number(name.slice(0, 8)))
    .sort((a, b) => a - b);
}

/** How far a journal goes, without reading it: the number of its last segment, and the bytes of that. */
export interface JournalSize {
  /** The first segment that counts. */
  readonly first: number;
  readonly segments: number;
  readonly bytes: number;
}

/** The size of the journal in `dir`; nothing of a branch that has none of its own. */
export function journalSize(dir: string, disk: Disk, first = 1): JournalSize {
  try {
    const segments = segmentNumbers(dir, disk).at(-1) ?? 0;
    const file = disk.open(join(journalFolder(dir), segmentName(segments)));
    try {
      return { first, segments, bytes: disk.size(file) };
    } finally {
      disk.close(file);
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return { first, segments: 0, bytes: 0 };
  }
}

function readNames(folder: string, dir: string, disk: Disk): string[] {
  try {
    return disk.list(folder);
  } catch (error) {
    return refuseAbsent(
      dir,
      errorCode(error) === 'ENOENT' ? 'no journal' : `a journal that cannot be read (${errorCode(error)})`,
    );
  }
}

function refuseAbsent(dir: string, found: string): never {
  fail('VNES8001', 'this folder holds no recording', {
    place: { file: dir },
    expected: 'a folder with journal/00000001.vnj, as `vnes run` writes it',
    found,
    help: 'name the folder that `vnes run --record DIR` wrote; by default they lie under .vnes/runs/',
  });
}
