import { expect, test } from 'vitest';
import { diagnose, warn } from '../../src/base/diagnostic.ts';
import { gradeOf, resultOf, stands, totalsOf, totalsText } from '../../src/trust/grade.ts';
import type { Check, CheckResult, Grade } from '../../src/trust/verdict.ts';

const check = (result: CheckResult): Check => ({ id: result, proves: 'it', result });

test('the worst of what a check found decides what it comes to', () => {
  const [error, warning] = [diagnose('VNES2004', 'x'), warn('VNES2409', 'x')];
  expect(resultOf([])).toBe('pass');
  expect(resultOf([{ ...warning, severity: 'note' }])).toBe('pass');
  expect(resultOf([warning])).toBe('warn');
  expect(resultOf([warning, error, warning])).toBe('fail');
});

test('the worst check decides the grade, and what was not decided never admits', () => {
  const grades: readonly [Grade, ...CheckResult[]][] = [
    ['admitted', 'pass'],
    ['warned', 'pass', 'warn'],
    ['waived', 'warn', 'waived', 'pass'],
    ['quarantined', 'waived', 'blocked'],
    ['quarantined', 'fail', 'waived'],
  ];
  for (const [grade, ...results] of grades) {
    expect(gradeOf(results.map(check))).toBe(grade);
    expect(results.map(check).every(stands)).toBe(grade !== 'quarantined');
  }
});

test('totals add up, and name waivers where there are any', () => {
  const totals = totalsOf([
    { grade: 'admitted' },
    { grade: 'warned' },
    { grade: 'waived' },
    { grade: 'quarantined' },
  ]);
  expect(totals).toEqual({ discovered: 4, verified: 2, waived: 1, failed: 1 });
  expect(totalsText(totals)).toBe('4 discovered = 2 verified + 1 waived + 1 failed');
  expect(totalsText(totalsOf([{ grade: 'admitted' }]))).toBe('1 discovered = 1 verified + 0 failed');
});
