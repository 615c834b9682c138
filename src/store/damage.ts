import { type Diagnostic, type DiagnosticDetail, diagnose, Failure } from '../base/diagnostic.ts';

/** Where a journal is damaged. */
export interface DamagePlace {
  /** Path of the segment file. */
  readonly segment: string;
  /** Byte at which the damaged record or header begins. */
  readonly offset: number;
  /** Number of the damaged record, from 0, which is also the number of intact records before it. */
  readonly record?: number;
}

/** Thrown at the first damage of a journal; knows the place for those who look further. */
export class Damage extends Failure {
  readonly at: DamagePlace;
  readonly problem: string;

  constructor(at: DamagePlace, problem: string, diagnostic: Diagnostic) {
    super(diagnostic);
    this.at = at;
    this.problem = problem;
  }
}

/** Refuses a damaged recording. @throws Damage, VNES8003, naming segment, byte, record and what is intact. */
export function damaged(
  at: DamagePlace,
  problem: string,
  detail: Pick<DiagnosticDetail, 'expected' | 'found'> = {},
): never {
  const record = at.record === undefined ? '' : `record ${at.record} `;
  const intact = at.record === undefined ? '' : `the ${at.record} records before it are intact; `;
  const diagnostic = diagnose(
    'VNES8003',
    `the recording is damaged: ${record}at byte ${at.offset}: ${problem}`,
    {
      place: { file: at.segment },
      ...detail,
      help: `${intact}see all that is damaged with \`vnes fsck DIR\`; take the folder from a copy, or record the run again`,
    },
  );
  throw new Damage(at, problem, diagnostic);
}
