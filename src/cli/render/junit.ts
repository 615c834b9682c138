import type { Diagnostic } from '../../base/diagnostic.ts';
import { type Check, ownDiagnostics, type Verdict } from '../../trust/verdict.ts';
import { placeText } from './diagnostic.ts';
import { toEscape } from './escape.ts';
import { detailsOf, nameOf } from './findings.ts';

/**
 * The verdicts as JUnit XML, as Jenkins and GitLab read it: a suite for each capsule, a case for each check. A check that could not
 * be decided is an error, never a pass. Times are left out: the same verdicts always give the same text.
 */
export function junitText(verdicts: readonly Verdict[]): string {
  const totals = verdicts.map(({ checks }) => countsOf(casesOf(checks)));
  const sum = (name: keyof Counts) => totals.reduce((total, counts) => total + counts[name], 0);
  const all = attributes({
    name: 'vnes verify',
    tests: sum('tests'),
    failures: sum('failures'),
    errors: sum('errors'),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${all}>`,
    ...verdicts.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  /** Waived ones. */
  readonly skipped: number;
}

function countsOf(cases: readonly Check[]): Counts {
  const count = (result: Check['result']) => cases.filter(check => check.result === result).length;
  return {
    tests: cases.length,
    failures: count('fail'),
    errors: count('blocked'),
    skipped: count('waived'),
  };
}

/** One case for each check; of one with parts, one for each part. */
function casesOf(checks: readonly Check[]): readonly Check[] {
  return checks.flatMap(check => (check.checks ? casesOf(check.checks) : [check]));
}

function suite(verdict: Verdict): string[] {
  const cases = casesOf(verdict.checks);
  const head = attributes({ name: nameOf(verdict), ...countsOf(cases) });
  return [`  <testsuite${head}>`, ...cases.flatMap(check => testCase(verdict, check)), '  </testsuite>'];
}

function testCase(verdict: Verdict, check: Check): string[] {
  const head = `    <testcase${attributes({ name: check.id, classname: verdict.folder })}`;
  const body = BODIES[check.result](check);
  return body === undefined ? [`${head}/>`] : [`${head}>`, `      ${body}`, '    </testcase>'];
}

/** What stands in a case, by its result; a check that passed has at most warnings to tell. */
const BODIES: Readonly<Record<Check['result'], (check: Check) => string | undefined>> = {
  pass: noted,
  warn: noted,
  waived: check => {
    const { id = 'a waiver', reason = '', owner = '', expires = '' } = check.waiver ?? {};
    const message = `waived by ${id}: ${reason} (${owner}, until ${expires})`;
    return `<skipped${attributes({ message })}/>${noted(check) ?? ''}`;
  },
  fail: ({ proves, diagnostics = [] }) => {
    const [first] = diagnostics;
    const head = attributes({ type: first?.code ?? 'failure', message: first?.message ?? proves });
    return `<failure${head}>${told(diagnostics)}</failure>`;
  },
  blocked: ({ evidence = 'not decided' }) => `<error${attributes({ type: 'blocked', message: evidence })}/>`,
};

function noted(check: Check): string | undefined {
  const diagnostics = ownDiagnostics(check);
  return diagnostics.length === 0 ? undefined : `<system-out>${told(diagnostics)}</system-out>`;
}

function told(diagnostics: readonly Diagnostic[]): string {
  const texts = diagnostics.map(diagnostic =>
    [
      `${diagnostic.severity}[${diagnostic.code}]: ${diagnostic.message}`,
      `at: ${placeText(diagnostic.place)}`,
      ...detailsOf(diagnostic),
    ].join('\n'),
  );
  return escapeXml(texts.join('\n\n'));
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML 1.0 cannot hold at all, not even escaped, or what a reader could misread (its section 2.2). */
const UNSAFE = /[^\P{Cc}\n\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}\ufffe\uffff]/gu;

function escapeXml(text: string): string {
  return text.replace(UNSAFE, toEscape).replace(/[&<>"']/g, character => ENTITIES[character]!);
}
