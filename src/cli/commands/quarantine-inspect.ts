import { fail } from '../../base/diagnostic.ts';
import type { CapsuleRecord } from '../../kernel/quarantine/model.ts';
import { plain } from '../../trust/proof.ts';
import type { Grade } from '../../trust/verdict.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { chooseRecords } from '../quarantine/choose.ts';
import { detailData, recordData } from '../quarantine/data.ts';
import { type Details, detailsOf } from '../quarantine/details.ts';
import { fileLines, manifestLines, signerLines } from '../quarantine/difference-lines.ts';
import { indent, type Line, paintLine } from '../quarantine/line.ts';
import { headLines, headline, historyLines, proofLines, releaseLines } from '../quarantine/proof-lines.ts';
import { gradeSum } from '../render/grade-lines.ts';
import { isTerminal } from '../terminal.ts';
import { TRUST_OPTIONS } from '../trust-options.ts';

/** Worst first, as lists show them. */
const GRADES: readonly Grade[] = ['quarantined', 'waived', 'warned', 'admitted'];

export const command: CommandSpec = {
  name: 'quarantine-inspect',
  summary: 'show why capsules were refused, what changed, and what would release them',
  arguments: [{ name: 'id', help: 'id, id@version or folder of one capsule' }],
  options: [
    {
      name: 'grade',
      value: 'GRADE',
      multiple: true,
      help: `only capsules of this grade, more than once for several: ${GRADES.join(', ')}`,
    },
    { name: 'tui', help: 'look at all of it on the full screen' },
    ...TRUST_OPTIONS,
  ],
  examples: [
    'vnes quarantine-inspect',
    'vnes quarantine-inspect user.me.hello',
    'vnes quarantine-inspect --grade quarantined --grade waived --json',
    'vnes quarantine-inspect --tui',
  ],
  run: inspect,
};

async function inspect(context: Context, args: readonly string[], options: OptionValues): Promise<Result> {
  if (options.tui === true) refuseNoTerminal(context, options);
  const grades = gradesOf(options);
  const { records: all, problems } = chooseRecords(context, args);
  const records = ranked(all).filter(({ now }) => grades.includes(now.verdict.grade));
  if (options.tui === true) {
    const { openScreen } = await import('../quarantine/screen/open.ts');
    return openScreen(context, { records, problems, options });
  }
  const totals = gradeSum(all.map(({ now }) => now.verdict));
  if (args.length === 0) {
    return {
      data: plain({ totals: countsOf(all), records: records.map(recordData) }),
      diagnostics: problems,
      text: paint => listText(records, totals, paint),
    };
  }
  const details = new Map<CapsuleRecord, Details>();
  for (const record of records) details.set(record, await detailsOf(context, record, options));
  const told = [...details];
  return {
    data: { totals: countsOf(all), records: told.map(([record, of]) => detailData(record, of)) },
    diagnostics: problems,
    text: paint => told.map(([record, of]) => detailText(record, of, paint)).join('\n\n'),
  };
}

/**
 * Before anything of the full screen is loaded.
 * @throws Failure VNES3107 where there is no terminal, VNES9006 together with `--json`.
 */
function refuseNoTerminal({ ports }: Context, { json }: OptionValues): void {
  if (json === true) fail('VNES9006', '--json and --tui ask for two forms', { expected: 'one of the two' });
  const dumb = ports.env.get('TERM') === 'dumb';
  if (isTerminal(0) && isTerminal(1) && !dumb) return;
  fail('VNES3107', 'there is no terminal for the full screen', {
    expected: 'a terminal as standard input and standard output',
    found: dumb ? 'TERM=dumb' : 'a file, a pipe or nothing',
    help: 'vnes quarantine-inspect, or vnes quarantine-inspect --json',
  });
}

/** @throws Failure VNES9006 */
function gradesOf({ grade }: OptionValues): readonly Grade[] {
  if (!Array.isArray(grade)) return GRADES;
  const unknown = grade.find(word => !GRADES.some(known => known === word));
  if (unknown !== undefined)
    fail('VNES9006', `there is no grade ${JSON.stringify(unknown)}`, {
      expected: GRADES.join(', '),
      found: unknown,
    });
  return GRADES.filter(known => grade.includes(known));
}

function ranked(records: readonly CapsuleRecord[]): readonly CapsuleRecord[] {
  const rank = ({ now }: CapsuleRecord) => GRADES.indexOf(now.verdict.grade);
  return records.toSorted((a, b) => rank(a) - rank(b));
}

function countsOf(records: readonly CapsuleRecord[]) {
  const count = (grade: Grade) => records.filter(({ now }) => now.verdict.grade === grade).length;
  return Object.fromEntries(GRADES.map(grade => [grade, count(grade)]));
}

function listText(records: readonly CapsuleRecord[], totals: string, paint: Paint): string {
  const lines = records.map(record => paintLine(headline(record), paint));
  const sum = totals === '' ? 'no run has examined a capsule here' : totals;
  return [...lines, sum].join('\n');
}

function detailText(record: CapsuleRecord, { difference, remedy }: Details, paint: Paint): string {
  const sections: readonly (readonly [string, readonly Line[]])[] = [
    ['proof', proofLines(record)],
    ...(difference
      ? ([
          ['files', fileLines(difference)],
          ['manifest', manifestLines(difference)],
          ['signers', signerLines(difference)],
        ] as const)
      : []),
    ['history', historyLines(record)],
    ['release', releaseLines(record, remedy)],
  ];
  const lines = [
    ...headLines(record),
    ...sections.flatMap(([name, of]) => [[['bold', name]] as Line, ...indent(of)]),
  ];
  return lines.map(line => paintLine(line, paint)).join('\n');
}
