import { fail } from '../base/diagnostic.ts';
import { headersOf, type PlacedHeader, verifyJournal } from '../store/read.ts';

/** Checks every byte of the recording before anything runs. @throws Failure VNES8001 to VNES8004 */
export function refuseUnsealed(dir: string): void {
  const { sealed, fresh, records } = verifyJournal(dir);
  if (sealed || fresh) return;
  fail('VNES8002', 'the recording has no seal: the run did not finish, or its end was cut off', {
    place: { file: dir },
    expected: 'a seal as the last record',
    found: `${records} intact records and no seal`,
    help: `read what is there: vnes bus log ${dir}; go on with the run: vnes run CAPSULES --resume ${dir} --input FILE`,
  });
}

/** The header that is in force at the end of a recording. @throws Failure VNES8001, VNES8003 */
export function headerOf(dir: string): PlacedHeader {
  return [...headersOf(dir)].at(-1)!;
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
