import { fail } from '../base/diagnostic.ts';
import { readJournal, verifyJournal } from '../store/read.ts';
import type { HeaderRecord } from '../store/record.ts';

/** Checks every byte of the recording before anything runs. @throws Failure VNES8001 to VNES8004 */
export function refuseUnsealed(dir: string): void {
  const { sealed, records } = verifyJournal(dir);
  if (sealed) return;
  fail('VNES8002', 'the recording has no seal: the run did not finish, or its end was cut off', {
    place: { file: dir },
    expected: 'a seal as the last record',
    found: `${records} intact records and no seal`,
    help: `read what is there: vnes bus log ${dir}`,
  });
}

/** @throws Failure VNES8001 */
export function headerOf(dir: string): HeaderRecord {
  for (const { record } of readJournal(dir)) {
    if (record.type === 'header') return record;
  }
  return fail('VNES8001', 'the recording does not begin with its header', { place: { file: dir } });
}
