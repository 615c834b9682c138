import { nameOf } from '../../kernel/boot.ts';
import { groundsOf } from '../../kernel/quarantine/grounds.ts';
import type { Grade, Verdict } from '../../trust/verdict.ts';
import type { Paint } from '../command.ts';

const ORDER: readonly Grade[] = ['quarantined', 'waived', 'warned', 'admitted'];

/** How many capsules have which grade, and why those have theirs that were not simply admitted: one line each. */
export function gradeLines(verdicts: readonly Verdict[], paint: Paint): string[] {
  const odd = verdicts.filter(({ grade }) => grade !== 'admitted');
  return [gradeSum(verdicts), ...odd.map(verdict => gradeLine(verdict, paint))];
}

/** Such as `1 warned, 3 admitted`. */
export function gradeSum(verdicts: readonly Pick<Verdict, 'grade'>[]): string {
  const counts = ORDER.map(grade => [grade, verdicts.filter(each => each.grade === grade).length] as const);
  return counts
    .filter(([, count]) => count > 0)
    .map(([grade, count]) => `${count} ${grade}`)
    .join(', ');
}

function gradeLine(verdict: Verdict, paint: Paint): string {
  const rules = groundsOf(verdict).map(({ rule }) => rule);
  return `${paint.warn(verdict.grade)} ${nameOf(verdict)}: ${rules.join(', ')}`;
}
