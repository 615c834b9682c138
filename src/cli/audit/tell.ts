import { canonicalJson } from '../../base/canonical.ts';
import { type Diagnostic, diagnose, warn } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { commandLine } from '../../base/shell.ts';
import type { Audit, AuditVerdict, Probe } from '../../lab/audit/audit.ts';
import type { Origin, Witness } from '../../lab/audit/witness.ts';
import type { OptionValues, Paint } from '../command.ts';

/** What is taken where the user says nothing else. */
export const DEFAULTS = {
  events: '24',
  'frame-events': '4',
  seed: '0',
  rounds: '1',
} as const;
/** Options that decide what an audit does, and so have to be said again to have it do the same. */
const REPEATED = [
  ...['recording', 'input', ...Object.keys(DEFAULTS)],
  ...['trust', 'policy', 'waivers', 'now'],
];

/** The command that shows one finding again, and nothing else. */
export function reproduction({ name }: Probe, words: readonly string[], options: OptionValues): string {
  const said = REPEATED.flatMap(option => {
    const value = options[option];
    return typeof value === 'string' && value !== (DEFAULTS as Record<string, string>)[option]
      ? [`--${option}`, value]
      : [];
  });
  const only = name === 'everything' ? ['--at-once'] : ['--only', name];
  return commandLine(['vnes', 'audit', 'determinism', ...only, ...said], words);
}

export interface Telling {
  /** The command that shows a finding again. */
  again(probe: Probe): string;
  /** Whether what the sandbox holds is good enough. */
  readonly lenient: boolean;
  /** Of the capsule, as the user names it. */
  readonly folder: string;
}

/** One diagnostic for each perturbation that made a difference. */
export function findings(
  { capsule, tier, probes }: Audit,
  { again, lenient, folder }: Telling,
): Diagnostic[] {
  return probes.flatMap(probe => {
    const { witness, held, what, help } = probe;
    if (!witness) return [];
    const say = held && lenient ? warn : diagnose;
    const { at, recorded, actual, event } = witness;
    const [file, line] = placeOf(at);
    const inside = file === undefined ? undefined : `${folder.replace(/\/+$/, '')}/${file}`;
    return say(
      held ? 'VNES8111' : 'VNES8110',
      `${witness.what} of ${capsule.id} for event ${event} depends on ${what}, ${held ? `so ${tier} rests on the sandbox alone` : `so it is not ${tier}`}`,
      {
        place: { file: inside, line },
        expected: recorded ?? 'nothing',
        found: actual ?? 'nothing',
        help: `${help}; reproduce: ${again(probe)}`,
      },
    );
  });
}

/** `impl/src/main.py:7 in run` in parts. */
function placeOf(at: string | undefined): readonly [file: string | undefined, line: number | undefined] {
  const [, file, line] = /^(.+):(\d+) in /.exec(at ?? '') ?? [];
  return [file, line === undefined ? undefined : Number(line)];
}

const WORDS: Readonly<Record<AuditVerdict, (tier: string) => string>> = {
  granted: tier => `${tier}, whatever was changed`,
  held: tier => `${tier} as long as the sandbox stays as it is, and elsewhere not`,
  refuted: tier => `not ${tier}`,
};

/** The audit in words. */
export function story(audit: Audit, input: string, paint: Paint): string {
  const { capsule, tier, verdict, runs, deliveries, probes } = audit;
  const colour = { granted: paint.good, held: paint.warn, refuted: paint.bad }[verdict];
  const counted = Object.entries(deliveries).filter(([, count]) => count > 0);
  const same = probes.filter(({ witness }) => !witness).map(({ name }) => name);
  return [
    `${colour(verdict)} ${paint.bold(`${capsule.id}@${capsule.version}`)}: ${WORDS[verdict](tier)}`,
    `${paint.dim('input     ')} ${input}`,
    `${paint.dim('deliveries')} ${counted.map(([outcome, count]) => `${count} ${outcome}`).join(', ')}, in each of ${runs} runs`,
    ...(same.length > 0 ? [`${paint.dim('no matter ')} ${same.join(', ')}`] : []),
    ...probes.flatMap(({ name, what, witness }) =>
      witness ? [`${paint.dim('depends on')} ${paint.bold(name)}: ${what}`, ...details(witness, paint)] : [],
    ),
  ].join('\n');
}

function details({ what, event, at, origin, differences }: Witness, paint: Paint): string[] {
  const value = (found: JsonValue | undefined) => (found === undefined ? 'nothing' : canonicalJson(found));
  return [
    `             ${what} for event ${event}${at === undefined ? '' : `, at ${at}`}`,
    ...differences.map(
      ({ pointer, recorded, actual }) =>
        `             ${pointer || 'as a whole'}: ${paint.good(value(recorded))} usually, ${paint.bad(value(actual))} then`,
    ),
    ...(origin ? [`             ${apart(origin)}`] : []),
  ];
}

function apart({ at, variable, recorded, actual }: Origin): string {
  return `first apart at ${at}: ${variable} is ${recorded} usually, ${actual} then`;
}
