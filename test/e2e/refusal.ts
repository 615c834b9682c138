import { expect } from 'vitest';
import { validateCliReport } from '../../src/generated/cli-report.js';
import type { CliReport } from '../cli/run.ts';
import { copyOf, vnes, type Workshop } from './workshop.ts';

/** What no user should ever see: frames of a stack, names of JavaScript errors, sentences of Node. */
const RAW = /^\s+at .*[:(]|node:internal|\b(Type|Reference|Range|Syntax)Error\b|E[A-Z]{4,}: [a-z]|\[object /m;

/** What is spoilt, the command line, the exit status, and the codes of all errors in their order. */
export type Case = readonly [
  what: string,
  spoil: (shop: Workshop) => unknown,
  args: readonly string[],
  status: number,
  codes: readonly string[],
];

export const asItIs = (): void => {};

/** Runs a command line in a workshop and holds what it prints to what every report keeps. */
export async function reportOf(
  shop: Workshop,
  args: readonly string[],
  input?: string | Uint8Array,
): Promise<CliReport> {
  const { status, stdout, stderr } = await vnes(shop, ['--json', ...args], { input });
  expect(stderr).toBe('');
  expect(stdout.endsWith('}\n') && stdout.indexOf('\n') === stdout.length - 1, stdout).toBe(true);
  expect(stdout.replaceAll('\\n', '\n')).not.toMatch(RAW);
  const report = JSON.parse(stdout) as CliReport;
  expect(validateCliReport(report)).toEqual([]);
  expect(report).toMatchObject({ exitCode: status, ok: status === 0 });
  return report;
}

/** The codes of a report's errors, in their order. */
export function errorsOf({ diagnostics }: CliReport): string[] {
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

/** Runs a case on a copy of the workshop, and returns its report. */
export async function refused(prepared: Workshop, [, spoil, args, status, codes]: Case): Promise<CliReport> {
  const shop = copyOf(prepared);
  await spoil(shop);
  const report = await reportOf(shop, args);
  expect([report.exitCode, ...errorsOf(report)], JSON.stringify(report.diagnostics)).toEqual([
    status,
    ...codes,
  ]);
  const fresh = codes.filter(code => !told.has(code));
  if (fresh.length > 0) await expectWords(prepared, spoil, args, fresh);
  return report;
}

const told = new Set<string>();

/** The first time that codes are met, the words for people are looked at as well. */
async function expectWords(
  prepared: Workshop,
  spoil: Case[1],
  args: readonly string[],
  codes: readonly string[],
): Promise<void> {
  for (const code of codes) told.add(code);
  const shop = copyOf(prepared);
  await spoil(shop);
  const { stdout, stderr } = await vnes(shop, args);
  for (const code of codes) expect(stderr).toContain(`error[${code}]: `);
  expect(`${stdout}${stderr}`).not.toMatch(RAW);
}
