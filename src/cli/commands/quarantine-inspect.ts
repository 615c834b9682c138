import { fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { listQuarantine, type QuarantineRecord } from '../../kernel/quarantine.ts';
import { type Check, diagnosticsOf } from '../../trust/verdict.ts';
import type { CommandSpec, Context, Paint, Result } from '../command.ts';
import { quarantineFolder } from '../folders.ts';
import { paintResult } from '../render/grades.ts';

export const command: CommandSpec = {
  name: 'quarantine-inspect',
  summary: 'show why capsules were refused and what would release them',
  arguments: [{ name: 'id', help: 'id, id@version or folder of one capsule' }],
  options: [],
  examples: ['vnes quarantine-inspect', 'vnes quarantine-inspect user.me.hello'],
  run: inspect,
};

async function inspect({ ports }: Context, [wanted]: readonly string[]): Promise<Result> {
  const all = listQuarantine(quarantineFolder(ports));
  const records = wanted === undefined ? all : all.filter(record => goesBy(record, wanted));
  if (wanted !== undefined && records.length === 0) {
    fail('VNES3104', `${wanted} is not in quarantine`, {
      expected:
        all.length === 0
          ? 'nothing: the quarantine of this folder is empty'
          : all.map(({ name }) => name).join(', '),
      found: wanted,
      help: 'a run puts capsules here when it refuses them',
    });
  }
  return {
    data: { quarantined: records as unknown as JsonValue },
    diagnostics: [],
    text: paint =>
      records.length === 0
        ? 'nothing is in quarantine here'
        : records
            .map(record =>
              wanted === undefined && all.length > 1 ? line(record, paint) : proof(record, paint),
            )
            .join('\n'),
  };
}

function goesBy({ name, verdict }: QuarantineRecord, wanted: string): boolean {
  return [name, verdict.id, verdict.folder].includes(wanted);
}

function line({ name, since, verdict }: QuarantineRecord, paint: Paint): string {
  const [first] = diagnosticsOf(verdict.checks);
  return `${paint.bad('quarantined')} ${paint.bold(name)} since ${since}: ${first?.message ?? 'refused'}`;
}

/** The whole proof: every check, and for each that failed what was expected, what was found and what would release it. */
function proof(record: QuarantineRecord, paint: Paint): string {
  const { name, since, verdict } = record;
  return [
    `${paint.bad('quarantined')} ${paint.bold(name)} since ${since}`,
    `${paint.dim('folder')} ${verdict.folder}`,
    ...verdict.checks.flatMap(check => checkLines(check, paint, '  ')),
    `${paint.dim('released')} as soon as a run finds that every check passes`,
  ].join('\n');
}

function checkLines(check: Check, paint: Paint, indent: string): string[] {
  const details = (check.diagnostics ?? []).flatMap(({ code, message, place, expected, found, help }) => [
    `${indent}  ${code} ${message}`,
    ...Object.entries({ file: place?.file, expected, found, 'to release': help })
      .filter(([, value]) => value !== undefined)
      .map(([label, value]) => `${indent}    ${paint.dim(`${label}:`)} ${value}`),
  ]);
  const nested = (check.checks ?? []).flatMap(below => checkLines(below, paint, `${indent}  `));
  return [`${indent}${paintResult(check.result, paint)} ${check.id}: ${check.proves}`, ...details, ...nested];
}
