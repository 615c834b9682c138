import { resultOf, stands, worst } from './grade.ts';
import type { Check } from './verdict.ts';
import type { WaivedSubject, WaiverTrust } from './waivers/model.ts';

/** A check that was run, and which of it and its parts may be waived, by their names. */
export interface Decided {
  readonly check: Check;
  readonly waivable: ReadonlySet<string>;
}

/**
 * The checks after the waivers were held against those that failed. Nothing is waived of a capsule that fails anything that cannot be:
 * who let a rule pass did not let other bytes pass.
 */
export function waived(
  decided: readonly Decided[],
  waivers: WaiverTrust | undefined,
  subject: WaivedSubject | undefined,
): readonly Check[] {
  const checks = decided.map(({ check }) => check);
  if (!waivers || !subject || !decided.every(isExcusable)) return checks;
  const weigh = (check: Check, waivable: ReadonlySet<string>) =>
    check.result === 'fail' && waivable.has(check.id) ? waivers.decide(check, subject) : check;
  return decided.map(({ check, waivable }) => {
    if (!check.checks) return weigh(check, waivable);
    const parts = check.checks.map(part => weigh(part, waivable));
    const result = worst([ownResult(check), ...parts.map(part => part.result)]);
    return { ...check, result, checks: parts };
  });
}

/** Whether what a check fails by is something that can be waived, or lies in its parts alone. */
function isExcusable({ check, waivable }: Decided): boolean {
  return (
    stands(check) ||
    waivable.has(check.id) ||
    (check.checks !== undefined && stands({ result: ownResult(check) }))
  );
}

function ownResult({ diagnostics = [] }: Check) {
  return resultOf(diagnostics);
}
