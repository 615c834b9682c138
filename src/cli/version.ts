import { packageVersion } from './package-version.ts';
import { firstWord } from './parse.ts';
import type { Report } from './render/report.ts';

/** Whether the command line asks for the version: with a command's name before it, too. */
export function asksVersion(argv: readonly string[]): boolean {
  const { rest } = firstWord(argv);
  const end = rest.indexOf('--');
  const words = end === -1 ? rest : rest.slice(0, end);
  return words.includes('--version') || words.includes('-V');
}

export function versionReport(): Report {
  const version = packageVersion();
  return { command: null, exitCode: 0, data: { version }, diagnostics: [], text: () => version };
}
