import type { Diagnostic, Severity } from '../base/diagnostic.ts';
import type { Check, CheckResult, Grade, Verdict } from './verdict.ts';

/** Results from the best to the worst, with the grade that each leads to at best. */
const GRADES: readonly (readonly [CheckResult, Grade])[] = [
  ['pass', 'admitted'],
  ['warn', 'warned'],
  ['waived', 'waived'],
  ['blocked', 'quarantined'],
  ['fail', 'quarantined'],
];

const RESULTS: Readonly<Record<Severity, CheckResult>> = { error: 'fail', warning: 'warn', note: 'pass' };

/** What a check comes to by what it found: the worst of it decides. */
export function resultOf(diagnostics: readonly Diagnostic[]): CheckResult {
  return worst(diagnostics.map(({ severity }) => RESULTS[severity]));
}

/** The worst of some results; `pass` when there are none. */
export function worst(results: readonly CheckResult[]): CheckResult {
  return GRADES[Math.max(0, ...results.map(rank))]![0];
}

/** Whether a check does not stand in the way: what it asks for holds, or those who may do so waived it. */
export function stands({ result }: Pick<Check, 'result'>): boolean {
  return GRADES[rank(result)]![1] !== 'quarantined';
}

/** The grade of a capsule by its checks (spec, section 2.1). */
export function gradeOf(checks: readonly Check[]): Grade {
  return GRADES[rank(worst(checks.map(({ result }) => result)))]![1];
}

function rank(result: CheckResult): number {
  return GRADES.findIndex(([name]) => name === result);
}

/** How many capsules there are, and what became of them. Nothing is skipped: the last three add up to the first. */
export interface Totals {
  readonly discovered: number;
  /** Admitted, with warnings or without. */
  readonly verified: number;
  /** Admitted only because a waiver says so. */
  readonly waived: number;
  readonly failed: number;
}

/** The totals of some verdicts. */
export function totalsOf(verdicts: readonly Pick<Verdict, 'grade'>[]): Totals {
  const count = (...grades: Grade[]) => verdicts.filter(({ grade }) => grades.includes(grade)).length;
  return {
    discovered: verdicts.length,
    verified: count('admitted', 'warned'),
    waived: count('waived'),
    failed: count('quarantined'),
  };
}

/** The totals as a sum; capsules that a waiver admits are named where there are any. */
export function totalsText({ discovered, verified, waived, failed }: Totals): string {
  const terms = [`${verified} verified`, ...(waived > 0 ? [`${waived} waived`] : []), `${failed} failed`];
  return `${discovered} discovered = ${terms.join(' + ')}`;
}
