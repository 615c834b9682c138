import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Check, CheckResult, Grade, Verdict } from '../../trust/verdict.ts';

/** Why a capsule has its grade: a check that decided, and what it found. */
export interface Ground {
  /** The id of the check or policy rule. */
  readonly rule: string;
  readonly proves: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** The result of a check that leads to each grade. */
const DECIDES: Readonly<Record<Grade, CheckResult | undefined>> = {
  admitted: undefined,
  warned: 'warn',
  waived: 'waived',
  quarantined: 'fail',
};

/** What decided the grade, in reading order: the innermost checks that came to the result. Nothing when all passed. */
export function groundsOf({ grade, checks }: Pick<Verdict, 'grade' | 'checks'>): readonly Ground[] {
  const result = DECIDES[grade];
  return result === undefined ? [] : checks.flatMap(check => innermost(check, result));
}

function innermost(check: Check, result: CheckResult): Ground[] {
  if (check.result !== result) return [];
  const below = (check.checks ?? []).flatMap(each => innermost(each, result));
  const { id, proves, diagnostics = [] } = check;
  return below.length > 0 && diagnostics.length === 0 ? below : [{ rule: id, proves, diagnostics }, ...below];
}

/** What only says that a capsule is not what was signed, or is not signed. Anything else, no build and no signature mends. */
const MENDABLE = /^(?:receipt\..*|authority)$/;

/** What stands in the way of mending a capsule by building and signing it again. */
export function beyondMending(verdict: Pick<Verdict, 'grade' | 'checks'>): readonly Ground[] {
  return groundsOf(verdict).filter(({ rule }) => !MENDABLE.test(rule));
}

/** What would release a capsule: the help of everything that speaks against it, each once. */
export function releasedBy(verdict: Pick<Verdict, 'grade' | 'checks'>): readonly string[] {
  const told = groundsOf(verdict).flatMap(({ diagnostics }) => diagnostics.flatMap(({ help }) => help ?? []));
  return [...new Set(told)];
}
