import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { githubText } from '../../src/cli/render/github.ts';
import { junitText } from '../../src/cli/render/junit.ts';
import { sarifText } from '../../src/cli/render/sarif.ts';
import { summaryText } from '../../src/cli/render/summary.ts';
import type { Verdict } from '../../src/trust/verdict.ts';
import { policyOf, rule, verdictOf, waiverOf } from '../trust/governed.ts';
import { HOSTILE } from './gate.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs/errors');

/** A capsule that two rules cover: it meets one, and the other is waived for this reason. */
function waived(reason: string): Promise<Verdict> {
  const policy = policyOf(
    rule({ demand: { types: ['driver'] }, waivable: true }),
    rule({ id: 'met', demand: { types: ['logic'] } }),
  );
  return verdictOf({ policy, waivers: [waiverOf({ reason }, 'ada', 'bob')] });
}

function sarifOf(verdict: Verdict) {
  const page = (code: string) => readFileSync(path.join(DOCS, `${code}.md`), 'utf8');
  return JSON.parse(sarifText([verdict], { cwd: '/work', version: '1.2.3', page })).runs[0];
}

test('SARIF: a result that was waived is suppressed, and says why', async () => {
  const { results, properties } = sarifOf(await waived('late'));
  expect(results).toMatchObject([
    {
      ruleId: 'VNES3007',
      level: 'warning',
      suppressions: [
        {
          kind: 'external',
          status: 'accepted',
          justification: 'one: late (ada, until 2026-07-01T00:00:00Z; signed by ada, bob)',
        },
      ],
    },
  ]);
  expect(properties).toMatchObject({ waived: 1, failed: 0 });
});

test('SARIF: what was not waived is not suppressed', async () => {
  const verdict = await verdictOf({ policy: policyOf(rule({ demand: { types: ['driver'] } })) });
  const { results } = sarifOf(verdict);
  expect(results).toMatchObject([{ ruleId: 'VNES3007', level: 'error' }]);
  expect(results[0].suppressions).toBeUndefined();
});

test('JUnit: a case for each rule, and the waived one is skipped', async () => {
  const text = junitText([await waived('late')]);
  expect(text).toContain('failures="0" errors="0" skipped="1"');
  expect(text).toContain('<testcase name="policy/met" classname="counter"/>');
  expect(text).toMatch(
    /<testcase name="policy\/rule" [^>]*>\s*<skipped message="waived by one: late \(ada, until/,
  );
  expect(text).not.toContain('name="policy.rules"');
  expect(text).not.toContain('error[');
});

test('annotations and the summary: a warning, and what was waived', async () => {
  const verdict = await waived('late');
  expect(githubText([verdict], '/work')).toMatch(
    /^::warning file=.*::waived by one: the rule rule is not met/,
  );
  const summary = summaryText([verdict]);
  expect(summary).toContain('| waived |');
  expect(summary).toContain('signed by ada; waived');
});

test('no reason of a waiver is more than a text', async () => {
  const verdict = await waived(`${HOSTILE.toWellFormed()}`);
  const [{ justification }] = sarifOf(verdict).results[0].suppressions;
  expect(justification).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u);
  expect(junitText([verdict])).not.toContain('<img');
  expect(summaryText([verdict])).not.toContain('<img');
  expect(
    githubText([verdict], '/work')
      .split('\n')
      .filter(line => line.startsWith('::')),
  ).toHaveLength(1);
});
