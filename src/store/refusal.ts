import { diagnose, Failure, fail } from '../base/diagnostic.ts';
import { errorCode } from '../base/system-error.ts';

/** What the file system says where something is already. */
const TAKEN: readonly string[] = ['EEXIST', 'ENOTEMPTY'];

/** Turns what the file system refuses into a diagnostic. @throws Failure VNES8005, VNES8006 */
export function guarded<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined || isOurs(code)) throw error;
    throw new Failure(TAKEN.includes(code) ? exists(place) : refused(place, code));
  }
}

/** Whether a code tells of a mistake in a call, which Node names ERR_, and not of the file system. */
function isOurs(code: string): boolean {
  return code.startsWith('ERR_');
}

/** Refuses to write to a journal that failed or was closed. @throws Failure VNES8005 */
export function refuseDead(place: string): never {
  fail('VNES8005', 'the journal is closed, or an earlier write to it failed', {
    place: { file: place },
    expected: 'a journal whose every write succeeded',
    help: `see what is there with \`vnes fsck ${place}\``,
  });
}

function exists(place: string): ReturnType<typeof diagnose> {
  return diagnose('VNES8006', 'a recording exists here already, or is being written', {
    place: { file: place },
    expected: 'a folder without a journal',
    help: 'choose another folder; recordings are never overwritten',
  });
}

function refused(place: string, code: string): ReturnType<typeof diagnose> {
  return diagnose('VNES8005', `the recording cannot be written: ${code}`, {
    place: { file: place },
    expected: 'a folder that can be written and synced',
    found: code,
    help: 'check the path, its permissions and the free space of its disk, then record again; `vnes fsck` says what is there',
  });
}
