import { type Diagnostic, diagnose, Failure } from '../../base/diagnostic.ts';
import { commandLine } from '../../base/shell.ts';
import { KeptBytes } from '../../kernel/quarantine/bytes.ts';
import type { Decision } from '../../kernel/quarantine/keep.ts';
import type { CapsuleRecord } from '../../kernel/quarantine/model.ts';
import { examineAgain, type Place } from '../../kernel/quarantine/release.ts';
import { plain } from '../../trust/proof.ts';
import { diagnosticsOf } from '../../trust/verdict.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { chooseRecords, placeOf, trustFor } from '../quarantine/choose.ts';
import { paintLine } from '../quarantine/line.ts';
import { gradeSpan } from '../quarantine/proof-lines.ts';
import type { Remedied } from '../quarantine/remediate.ts';
import { KEY_OPTIONS } from '../signing-key.ts';
import { TRUST_OPTIONS } from '../trust-options.ts';

export const command: CommandSpec = {
  name: 'release',
  summary: 'examine quarantined capsules again, and let out those that pass',
  arguments: [
    {
      name: 'id',
      help: 'id, id@version or folder of a capsule in quarantine',
      required: true,
      variadic: true,
    },
  ],
  options: [
    ...TRUST_OPTIONS,
    { name: 'remediate', help: 'first build and sign again what is only not what its author signed' },
    {
      name: 'tree',
      value: 'DIGEST',
      multiple: true,
      help: 'with --remediate: sign these bytes, although they are not those that were admitted last',
    },
    ...KEY_OPTIONS,
  ],
  examples: [
    'vnes release user.me.hello',
    'vnes release user.me.hello --remediate',
    'vnes release user.me.hello --remediate --tree sha256:... --key default',
  ],
  run: release,
};

/** What became of one capsule. */
interface Outcome {
  readonly record: CapsuleRecord;
  readonly decision: Decision;
  readonly remedied?: Remedied | undefined;
  /** Why no remedy was tried, or why it failed. */
  readonly problems: readonly Diagnostic[];
}

async function release(context: Context, args: readonly string[], options: OptionValues): Promise<Result> {
  const { records, problems } = chooseRecords(context, args);
  const [problem, ...more] = problems;
  if (problem && records.length === 0) throw new Failure(problem, ...more);
  const trust = await trustFor(context, records, options);
  const place = placeOf(context, trust);
  const outcomes: Outcome[] = [];
  for (const record of records) {
    context.progress(`examining ${record.now.folder}`);
    outcomes.push(await releaseOne(context, record, place, options));
  }
  return {
    data: plain({ capsules: outcomes.map(toData) }),
    diagnostics: [...problems, ...outcomes.flatMap(diagnosticsAbout)],
    text: paint => outcomes.map(outcome => describe(outcome, paint)).join('\n'),
  };
}

async function releaseOne(
  context: Context,
  record: CapsuleRecord,
  place: Place,
  options: OptionValues,
): Promise<Outcome> {
  const decision = await examineAgain(record.now, place);
  if (decision.verdict.admitted || options.remediate !== true) return { record, decision, problems: [] };
  const { remediate } = await import('../quarantine/remediate.ts');
  try {
    const bytes = new KeptBytes(place.dir);
    const remedied = await remediate(context, { decision, record, place, bytes }, options);
    if (remedied.problems.length > 0) return { record, decision, remedied, problems: remedied.problems };
    return { record, decision: await examineAgain(record.now, place), remedied, problems: [] };
  } catch (error) {
    if (error instanceof Failure) return { record, decision, problems: error.diagnostics };
    throw error;
  }
}

function toData({ record, decision, remedied }: Outcome) {
  const { verdict } = decision;
  return {
    folder: record.now.folder,
    name: record.now.name,
    before: record.now.verdict.grade,
    grade: verdict.grade,
    released: verdict.admitted,
    tree: verdict.tree,
    verdict,
    remedy: remedied
      ? { steps: remedied.steps, tree: remedied.tree, difference: remedied.difference ?? null }
      : null,
  };
}

function diagnosticsAbout({ record, decision, problems }: Outcome): readonly Diagnostic[] {
  const { verdict } = decision;
  if (verdict.admitted) return diagnosticsOf(verdict.checks);
  const { name, folder } = record.now;
  return [
    ...(problems.length > 0 ? problems : diagnosticsOf(verdict.checks)),
    diagnose('VNES3102', `${name} stays in quarantine`, {
      place: { file: folder },
      expected: 'a verdict that admits it',
      found: verdict.checks
        .filter(({ result }) => result === 'fail')
        .map(({ id }) => id)
        .join(', '),
      help: commandLine(['vnes', 'quarantine-inspect'], [folder]),
    }),
  ];
}

function describe({ record, decision, remedied }: Outcome, paint: Paint): string {
  const { verdict } = decision;
  const { name } = record.now;
  const steps =
    remedied && remedied.steps.length > 0 ? ` ${paint.dim(`(${remedied.steps.join(', ')})`)}` : '';
  const word = verdict.admitted ? paint.good('released') : paint.bad('kept    ');
  const grade = paintLine([gradeSpan({ ...record.now, verdict })], paint);
  const line = `${word}  ${paint.bold(name)}  ${grade}${steps}`;
  const shown = remedied && remedied.problems.length > 0 ? remedied.lines : [];
  return [line, ...shown.map(each => `  ${paintLine(each, paint)}`)].join('\n');
}
