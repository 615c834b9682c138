import type { Check, CheckResult, Grade, Verdict } from '../../trust/verdict.ts';
import type { Paint } from '../command.ts';

type Word = readonly [text: string, colour: keyof Paint];

const GRADES: Readonly<Record<Grade, Word>> = {
  admitted: ['verified', 'good'],
  warned: ['warned', 'warn'],
  waived: ['waived', 'warn'],
  quarantined: ['failed', 'bad'],
};

const RESULTS: Readonly<Record<CheckResult, Word>> = {
  pass: ['pass', 'good'],
  warn: ['warn', 'warn'],
  waived: ['waived', 'warn'],
  fail: ['FAIL', 'bad'],
  blocked: ['blocked', 'warn'],
};

/** The checks that came to a result, by name; of one with parts, those parts. */
export function namesOf(checks: readonly Check[], result: CheckResult): readonly string[] {
  return checks.flatMap(check => {
    const parts = namesOf(check.checks ?? [], result);
    return parts.length === 0 && check.result === result ? [check.id] : parts;
  });
}

/** Why a capsule is admitted: whose signatures counted, and what was waived. */
export function admittedBy({ signers, checks }: Pick<Verdict, 'signers' | 'checks'>): string {
  const waived = namesOf(checks, 'waived');
  return `signed by ${signers.join(', ')}${waived.length > 0 ? `; waived: ${waived.join(', ')}` : ''}`;
}

/** The word that reports put to a capsule's grade. */
export function gradeWord({ grade }: Pick<Verdict, 'grade'>): string {
  return GRADES[grade][0];
}

/** As {@link gradeWord}, in its colour and as wide as the widest. */
export function paintGrade({ grade }: Pick<Verdict, 'grade'>, paint: Paint): string {
  return painted(GRADES[grade], GRADES, paint);
}

/** The word for what a check came to, in its colour and as wide as the widest. */
export function paintResult(result: CheckResult, paint: Paint): string {
  return painted(RESULTS[result], RESULTS, paint);
}

function painted([text, colour]: Word, words: Readonly<Record<string, Word>>, paint: Paint): string {
  const width = Math.max(...Object.values(words).map(([each]) => each.length));
  return paint[colour](text.padEnd(width));
}
