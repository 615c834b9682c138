import { type DiagnosticDetail, fail } from '../base/diagnostic.ts';

/** Where a journal is damaged. */
export interface DamagePlace {
  /** Path of the segment file. */
  readonly segment: string;
  /** Byte at which the damaged record or header begins. */
  readonly offset: number;
  /** Number of the damaged record, from 0, which is also the number of intact records before it. */
  readonly record?: number;
}

/** Refuses a damaged recording. @throws Failure VNES8003 naming segment, byte, record and what is intact. */
export function damaged(
  place: DamagePlace,
  problem: string,
  detail: Pick<DiagnosticDetail, 'expected' | 'found'> = {},
): never {
  const record = place.record === undefined ? '' : `record ${place.record} `;
  const intact = place.record === undefined ? '' : `the ${place.record} records before it are intact; `;
  fail('VNES8003', `the recording is damaged: ${record}at byte ${place.offset}: ${problem}`, {
    place: { file: place.segment },
    ...detail,
    help: `${intact}take the folder from a copy, or record the run again with \`vnes run\``,
  });
}
