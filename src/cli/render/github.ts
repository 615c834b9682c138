import type { Severity } from '../../base/diagnostic.ts';
import type { Verdict } from '../../trust/verdict.ts';
import { escapeControls } from './escape.ts';
import {
  detailsOf,
  fileOf,
  findingsOf,
  nameOf,
  ranked,
  relativePath,
  type VerdictFinding,
} from './findings.ts';

/** GitHub shows ten annotations of a step, and drops the rest silently. */
const SHOWN = 10;

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/**
 * The findings as workflow commands, which GitHub turns into annotations: at most ten, worst first, every capsule before any
 * capsule twice. When there are more, the tenth says how many.
 */
export function githubText(verdicts: readonly Verdict[], cwd: string): string {
  const findings = ranked(findingsOf(verdicts));
  const shown = findings.length > SHOWN ? findings.slice(0, SHOWN - 1) : findings;
  const lines = shown.map(finding => annotation(finding, cwd));
  const rest = findings.length - shown.length;
  if (rest > 0)
    lines.push(`::error title=vnes::${rest} more findings; the job summary and the SARIF file have them`);
  return lines.map(line => `${line}\n`).join('');
}

function annotation(finding: VerdictFinding, cwd: string): string {
  const { verdict, diagnostic } = finding;
  const { line, column } = diagnostic.place ?? {};
  const properties = {
    file: relativePath(fileOf(finding), cwd),
    line,
    col: column,
    title: `${diagnostic.code} ${nameOf(verdict)}`,
  };
  const written = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const message = [diagnostic.message, ...detailsOf(diagnostic)].join('\n');
  return `::${COMMANDS[diagnostic.severity]} ${written.join(',')}::${escapeData(message)}`;
}

/** As actions/toolkit does it (packages/core/src/command.ts), after what a terminal could obey is made visible. */
function escapeData(text: string): string {
  return escapeControls(text)
    .toWellFormed()
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
