import { constants, copyFileSync, linkSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { errorCode } from '../../base/system-error.ts';
import { makeFolder, writeNew } from '../../base/write-file.ts';
import { nodeDisk } from '../../store/disk.ts';
import type { Entry } from './model.ts';
import { entryName } from './read.ts';

/** What a file system says that knows no second name for a file. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
]);

/**
 * Writes an entry under its number. It appears whole, or not at all.
 * @returns false when another run took the number meanwhile.
 * @throws Failure VNES1012
 */
export function appendEntry(folder: string, number: number, entry: Entry): boolean {
  makeFolder(folder);
  const file = join(folder, entryName(number));
  const partial = join(folder, `.${entryName(number)}.${process.pid}.partial`);
  rmSync(partial, { force: true });
  writeNew(partial, `${JSON.stringify(entry, null, 2)}\n`);
  try {
    const free = takeName(partial, file);
    if (free) nodeDisk.syncFolder(dirname(file));
    return free;
  } catch (error) {
    return fail('VNES1012', 'the quarantine cannot be written', {
      place: { file },
      expected: 'a place to write to',
      found: errorCode(error) ?? 'an unknown error',
    });
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Unlike renaming, linking fails where there is such a name already. */
function takeName(partial: string, file: string): boolean {
  try {
    linkSync(partial, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (!NO_LINKS.has(errorCode(error))) throw error;
  }
  return copyName(partial, file);
}

function copyName(partial: string, file: string): boolean {
  try {
    copyFileSync(partial, file, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
