import { totalsOf, totalsText } from '../../trust/grade.ts';
import type { Verdict } from '../../trust/verdict.ts';
import { escapeLine } from './escape.ts';
import { findingsOf, nameOf } from './findings.ts';
import { admittedBy, gradeWord, namesOf } from './grades.ts';

/** Bytes of the table. GitHub drops a summary above 1 MiB as a whole. */
const MOST_TEXT = 900_000;
/** Characters of one cell. */
const MOST_CHARACTERS = 300;

/** The verdicts as a Markdown table for GitHub's job summary: refused capsules first. */
export function summaryText(verdicts: readonly Verdict[]): string {
  const refused = verdicts.filter(({ admitted }) => !admitted);
  const admitted = verdicts.filter(verdict => verdict.admitted);
  const rows = [...refused, ...admitted].map(row);
  const shown = rows.slice(0, fitting(rows));
  const left = rows.length - shown.length;
  return [
    `## vnes verify: ${heading(verdicts.length, refused.length)}`,
    '',
    totalsText(totalsOf(verdicts)),
    '',
    '| | capsule | folder | proof |',
    '| --- | --- | --- | --- |',
    ...shown,
    ...(left > 0 ? ['', `${left} more capsules are not shown.`] : []),
    '',
  ].join('\n');
}

/** Nothing verified is no good news. */
function heading(discovered: number, failed: number): string {
  if (discovered === 0) return 'no capsules';
  return failed === 0 ? 'all verified' : `${failed} failed`;
}

/** How many rows there is room for. */
function fitting(rows: readonly string[]): number {
  let room = MOST_TEXT;
  const beyond = rows.findIndex(text => {
    room -= Buffer.byteLength(text) + 1;
    return room < 0;
  });
  return beyond < 0 ? rows.length : beyond;
}

function row(verdict: Verdict): string {
  const cells = [
    verdict.admitted ? gradeWord(verdict) : `**${gradeWord(verdict)}**`,
    cell(nameOf(verdict)),
    cell(verdict.folder),
  ];
  return `| ${[...cells, cell(verdict.admitted ? admittedBy(verdict) : reason(verdict))].join(' | ')} |`;
}

function reason(verdict: Verdict): string {
  const [first, ...more] = findingsOf([verdict]);
  const checks = namesOf(verdict.checks, 'fail');
  const rest = more.length > 0 ? ` and ${more.length} more` : '';
  return `${checks.join(', ')}: ${first ? `${first.diagnostic.code} ${first.diagnostic.message}${rest}` : 'no reason'}`;
}

/** Text as text: whatever Markdown or HTML could read in it becomes a character reference, which neither obeys. */
function cell(text: string): string {
  const line = escapeLine(text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text);
  return line.toWellFormed().replace(/[^\p{L}\p{N} ,;=-]/gu, character => `&#${character.codePointAt(0)};`);
}
