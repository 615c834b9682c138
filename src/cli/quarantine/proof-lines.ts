import { commandLine } from '../../base/shell.ts';
import { beyondMending, groundsOf, releasedBy } from '../../kernel/quarantine/grounds.ts';
import type { CapsuleRecord, Entry } from '../../kernel/quarantine/model.ts';
import type { Remedy, Step } from '../../trust/remedy/model.ts';
import type { Check, CheckResult, Grade } from '../../trust/verdict.ts';
import type { Paint } from '../command.ts';
import { indent, type Line, row } from './line.ts';

const GRADES: Readonly<Record<Grade, keyof Paint>> = {
  admitted: 'good',
  warned: 'warn',
  waived: 'warn',
  quarantined: 'bad',
};

const RESULTS: Readonly<Record<CheckResult, keyof Paint>> = {
  pass: 'good',
  warn: 'warn',
  waived: 'warn',
  fail: 'bad',
  blocked: 'warn',
};

/** The grade in its colour. */
export function gradeSpan({ verdict }: Entry): readonly [keyof Paint, string] {
  return [GRADES[verdict.grade], verdict.grade];
}

/** One line about a record, for lists. */
export function headline({ now }: CapsuleRecord): Line {
  const [ground] = groundsOf(now.verdict);
  const why = ground ? `: ${ground.rule}: ${ground.diagnostics[0]?.message ?? ground.proves}` : '';
  return [gradeSpan(now), ' ', ['bold', now.name], ` since ${now.since}${why}`];
}

/** Which capsule this is, what it was found to be, when and by whom. */
export function headLines({ now, lastAdmitted }: CapsuleRecord): readonly Line[] {
  const { folder, gate, at, since, verdict } = now;
  const rules = groundsOf(verdict).map(({ rule }) => rule);
  return [
    [gradeSpan(now), ' ', ['bold', now.name], ` since ${since}`],
    row('folder', folder),
    row('examined', `${at} by vnes ${gate}`),
    ...(rules.length > 0 ? [row('by', rules.join(', '))] : []),
    row('tree', verdict.tree ?? 'none'),
    row('last admitted', lastAdmitted ? `${lastAdmitted.name} at ${lastAdmitted.at}` : 'never'),
  ];
}

/** The whole proof: every check, and for each that decided what was expected and what was found. */
export function proofLines({ now }: CapsuleRecord): readonly Line[] {
  return now.verdict.checks.flatMap(check => checkLines(check));
}

function checkLines({ id, proves, result, evidence, diagnostics = [], checks = [] }: Check): readonly Line[] {
  const details = diagnostics.flatMap(({ code, message, place, expected, found, help }) => [
    [['bold', code], ` ${message}`] as const,
    ...indent(
      Object.entries({ file: place?.file, pointer: place?.pointer, expected, found, 'to release': help })
        .filter(([, value]) => value !== undefined)
        .map(([label, value]) => row(label, value!)),
    ),
  ]);
  const shown = diagnostics.length === 0 && evidence !== undefined ? [[['dim', evidence]] as const] : [];
  return [
    [[RESULTS[result], result === 'fail' ? 'FAIL' : result], ` ${id}: ${proves}`],
    ...indent([...shown, ...details, ...checks.flatMap(checkLines)]),
  ];
}

/** What would release the capsule: the fewest steps where they are known, otherwise what the checks ask for. */
export function releaseLines(
  { now, lastAdmitted }: CapsuleRecord,
  remedy: Remedy | undefined,
): readonly Line[] {
  const mendable = lastAdmitted !== undefined && beyondMending(now.verdict).length === 0;
  if (now.verdict.admitted) return [['It was admitted when it was last examined, and is not in quarantine.']];
  return [
    ['It is released once a verdict admits it.'],
    ...(remedy ? remedyLines(remedy) : indent(releasedBy(now.verdict).map(need => [need]))),
    ['Then, to have it examined again:'],
    ...indent([[['accent', commandLine(['vnes', 'release'], [now.folder])]]]),
    ...(mendable
      ? [
          ['Or, if its sources are right, to have it built and signed anew by its author:'] as const,
          ...indent([[['accent', commandLine(['vnes', 'release', '--remediate'], [now.folder])]]]),
        ]
      : []),
  ];
}

function remedyLines({ steps, instead = [] }: Remedy): readonly Line[] {
  return [
    ['This would admit it:'],
    ...indent(steps.flatMap(stepLines)),
    ...(instead.length > 0 ? [['Or, if it is meant to be as it is:'] as Line] : []),
    ...indent(instead.flatMap(stepLines)),
  ];
}

function stepLines({ commands, does, needs, why }: Step): readonly Line[] {
  const reason = `needs: ${needs}; ${why.join(', ')}`;
  if (commands.length === 0) return [[does, ' ', ['dim', `(${reason})`]]];
  const typed = commands.map(command => [['accent', command] as const]);
  return [...typed, [['dim', `  ${does} (${reason})`]]];
}

/** Every decision about the capsule, the latest first. */
export function historyLines({ entries }: CapsuleRecord): readonly Line[] {
  return entries.toReversed().map(entry => {
    const rules = groundsOf(entry.verdict).map(({ rule }) => rule);
    const why = rules.length > 0 ? `: ${rules.join(', ')}` : '';
    return [['dim', entry.at], ' ', gradeSpan(entry), ` ${entry.name}${why}`];
  });
}
