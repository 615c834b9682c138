import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Check, Verdict } from '../../trust/verdict.ts';
import { placeText } from './diagnostic.ts';
import { detailsOf, nameOf } from './findings.ts';

/**
 * The verdicts as JUnit XML, as Jenkins and GitLab read it: a suite for each capsule, a case for each check. A check that could not
 * be decided is an error, never a pass. Times are left out: the same verdicts always give the same text.
 */
export function junitText(verdicts: readonly Verdict[]): string {
  const totals = verdicts.map(({ checks }) => countsOf(checks));
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
}

function countsOf(checks: readonly Check[]): Counts {
  const count = (result: Check['result']) => checks.filter(check => check.result === result).length;
  return { tests: checks.length, failures: count('fail'), errors: count('blocked') };
}

function suite(verdict: Verdict): string[] {
  const head = attributes({ name: nameOf(verdict), ...countsOf(verdict.checks) });
  return [
    `  <testsuite${head}>`,
    ...verdict.checks.flatMap(check => testCase(verdict, check)),
    '  </testsuite>',
  ];
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
  waived: noted,
  fail: ({ proves, diagnostics = [] }) => {
    const [first] = diagnostics;
    const head = attributes({ type: first?.code ?? 'failure', message: first?.message ?? proves });
    return `<failure${head}>${told(diagnostics)}</failure>`;
  },
  blocked: ({ evidence = 'not decided' }) => `<error${attributes({ type: 'blocked', message: evidence })}/>`,
};

function noted({ diagnostics = [] }: Check): string | undefined {
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
const UNSAFE = /[^\P{Cc}\n\t]|\p{Bidi_Control}|\p{Surrogate}|[\u2028\u2029\ufeff\ufffe\uffff]/gu;

function escapeXml(text: string): string {
  return text
    .replace(UNSAFE, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"']/g, character => ENTITIES[character]!);
}
