import { resolve } from 'node:path';
import { type Diagnostic, diagnose, fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { commandLine } from '../../base/shell.ts';
import { DISTURBANCES, type DisturbanceKind } from '../../kernel/conditions/kinds.ts';
import type { IngressEvent } from '../../kernel/ingress.ts';
import { gradesOf } from '../../kernel/quarantine/grades.ts';
import type { RunSettings } from '../../kernel/recording.ts';
import type { Complaint } from '../../lab/complaint.ts';
import { recordEvidence } from '../../lab/evidence.ts';
import { type FailingSeed, type SeedsOutcome, trySeeds } from '../../lab/seeds.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { cacheFolder, nextRunFolder, refuseTaken } from '../folders.ts';
import {
  CAPSULES,
  eventsIn,
  NETWORK_OPTIONS,
  type Prepared,
  prepareNetwork,
  readInput,
  settingsOf,
  zoneOption,
} from '../network.ts';
import { positiveInteger, text } from '../values.ts';

/** Failing seeds that are told one by one. */
const TOLD = 10;
/** More networks at a time than this keep each other waiting. */
const MOST_PARALLEL = 8;

export const seeds: CommandSpec = {
  name: 'seeds',
  summary: 'run a network under N seeds of bad luck, and record the first that breaks it',
  arguments: [{ name: 'n', help: 'how many seeds', required: true }, CAPSULES],
  options: [
    ...NETWORK_OPTIONS,
    { name: 'first', value: 'N', help: 'the first seed', default: '1' },
    {
      name: 'kind',
      value: 'KIND',
      multiple: true,
      help: `disturb in these ways only: ${DISTURBANCES.join(', ')}`,
    },
    { name: 'record', value: 'DIR', help: 'folder for the recording of the first failing seed' },
  ],
  examples: [
    'vnes lab seeds 200 ./capsules --input events.ndjson',
    'vnes lab seeds 1 ./capsules --input events.ndjson --first 17 --kind redelivery',
  ],
  run: seedsCommand,
};

async function seedsCommand(
  context: Context,
  [written = '', ...paths]: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const count = positiveInteger('n', { n: written }, 0);
  const first = positiveInteger('first', options, 1);
  const kinds = kindsOption(options);
  const record = text(options.record);
  if (record !== undefined) refuseTaken(context, record);
  const zone = zoneOption(options);
  const given = await readInput(context, options);
  const prepared = await prepareNetwork(context, paths, options, zone);
  if ('refusal' in prepared) return prepared.refusal;
  refuseNothing(prepared);
  const { booted, network, invariants, stated, check, unkept } = prepared;
  const input = eventsIn(given, check);
  const settings = settingsOf(options, input, zone, stated);
  const { ports } = context;
  const weaker = options['allow-weaker'] === true;
  const outcome = await trySeeds({
    ...{ capsules: booted.capsules, network, settings, input, invariants, kinds, first, count },
    parallel: Math.min(ports.env.cores, MOST_PARALLEL),
    cacheDir: cacheFolder(ports),
    weaker,
    onSeed: done => context.progress(`seed ${done} of ${count}`),
  });
  const kept = await keepEvidence(context, { ...prepared, input, settings, kinds, weaker }, outcome, record);
  return {
    data: {
      ...outcome,
      first,
      kinds,
      invariants: invariants.declared.map(({ name }) => name),
      recording: kept?.shown ?? null,
    } as unknown as JsonValue,
    diagnostics: [...told(outcome, kept, again(paths, options)), ...unkept],
    text: paint => lines(outcome, { first, count, kept }, paint).join('\n'),
  };
}

function kindsOption(options: OptionValues): readonly DisturbanceKind[] {
  const written = options.kind;
  if (!Array.isArray(written)) return DISTURBANCES;
  const wrong = (written as readonly string[]).find(kind => !DISTURBANCES.some(known => known === kind));
  if (wrong !== undefined)
    fail('VNES9006', `there is no kind of disturbance ${JSON.stringify(wrong)}`, {
      expected: DISTURBANCES.join(', '),
      found: wrong,
    });
  return DISTURBANCES.filter(kind => written.includes(kind));
}

/** Seeds that could break nothing prove nothing. */
function refuseNothing({ invariants, booted }: Prepared): void {
  if (invariants.declared.length > 0) return;
  fail('VNES8205', 'nothing says what must be true of this network', {
    place: { file: booted.verdicts.map(({ folder }) => folder).join(', ') },
    expected: 'an invariant in a manifest or in a file, or a test capsule',
    found: 'none',
    help: 'declare some in a file, and give it with --invariants FILE; docs/lab.md says how',
  });
}

/** A recording of what breaks the network, and the seed of it; none where it breaks undisturbed. */
interface Kept {
  readonly shown: string;
  readonly seed: number | undefined;
}

interface Tried extends Prepared {
  readonly input: readonly IngressEvent[];
  readonly settings: RunSettings;
  readonly kinds: readonly DisturbanceKind[];
  readonly weaker: boolean;
}

/** Records the first run that can be recorded to its end, and says where. */
async function keepEvidence(
  { ports }: Context,
  { booted, network, input, settings, invariants, kinds, weaker }: Tried,
  { failing, undisturbed, tried }: SeedsOutcome,
  record: string | undefined,
): Promise<Kept | undefined> {
  const calm = tried === 0 ? [{ complaints: undisturbed }] : [];
  const [found] = [...calm, ...failing].filter(({ complaints }) =>
    complaints.every(({ about }) => about !== 'rest'),
  );
  if (!found) return undefined;
  const dir = record === undefined ? nextRunFolder(ports) : resolve(ports.env.cwd, record);
  const disturbance = 'seed' in found ? { disturbance: { seed: String(found.seed), kinds } } : {};
  await recordEvidence({
    ...{ dir, booted, network, invariants, input, grades: gradesOf(booted.verdicts) },
    settings: { ...settings, ...disturbance },
    complaint: found.complaints[0]!,
    cacheDir: cacheFolder(ports),
    weaker,
  });
  const seed = 'seed' in found ? found.seed : undefined;
  return { shown: record ?? dir.slice(ports.env.cwd.length + 1), seed };
}

/** Options that are about one call. */
const NOT_AGAIN: ReadonlySet<string> = new Set(['first', 'record', 'json', 'color', 'quiet']);

/** The command line that tries one seed again. */
function again(paths: readonly string[], options: OptionValues): (seed: number) => string {
  const given = Object.entries(options).flatMap(([name, value]) => {
    if (NOT_AGAIN.has(name) || value === false || value === undefined) return [];
    return value === true ? [`--${name}`] : [value].flat().flatMap(each => [`--${name}`, each]);
  });
  return seed => commandLine(['vnes', 'lab', 'seeds', '1', ...given, '--first', String(seed)], paths);
}

function told(
  { failing, undisturbed, tried }: SeedsOutcome,
  kept: Kept | undefined,
  command: (seed: number) => string,
): Diagnostic[] {
  const small = kept ? [`make it small: vnes lab shrink ${kept.shown}`] : [];
  if (tried === 0)
    return undisturbed.map(complaint =>
      diagnose('VNES8204', `${words(complaint)} without any disturbance`, {
        ...place(complaint, kept?.shown),
        ...(kept ? { help: small[0]! } : {}),
      }),
    );
  return failing.slice(0, TOLD).map(({ seed, complaints: [complaint] }) => {
    const recorded = kept?.seed === seed ? kept.shown : undefined;
    const steps = recorded === undefined ? [command(seed)] : [`vnes replay ${recorded}`, ...small];
    return diagnose('VNES8204', `under seed ${seed}, ${words(complaint!)}`, {
      ...place(complaint!, recorded),
      help: `reproduce: ${steps.join('; ')}`,
    });
  });
}

function place({ expected, found }: Complaint, file: string | undefined) {
  return { ...(file === undefined ? {} : { place: { file } }), expected, found };
}

function words({ about, name, frame, event }: Complaint): string {
  const where = `in frame ${frame}, after event ${event}`;
  if (about === 'invariant') return `the invariant ${name} breaks ${where}`;
  return about === 'breakdown' ? `${name} breaks down ${where}` : `${name} never comes to rest`;
}

function lines(
  { failing, tried }: SeedsOutcome,
  { first, count, kept }: { readonly first: number; readonly count: number; readonly kept: Kept | undefined },
  paint: Paint,
): readonly string[] {
  const row = (label: string, value: string) => `${paint.dim(label.padEnd(12))}${value}`;
  const range = `${first} to ${first + count - 1}`;
  if (tried === 0) return [row('seeds', paint.bad('none tried: it breaks without them'))];
  if (failing.length === 0) return [row('seeds', `${range}: ${paint.good('nothing breaks')}`)];
  return [
    row('seeds', `${range}: ${paint.bad(`${failing.length} of ${count} break it`)}`),
    ...failing.slice(0, TOLD).map(each => row('', line(each, paint))),
    ...(failing.length > TOLD ? [row('', paint.dim(`and ${failing.length - TOLD} more`))] : []),
    ...(kept ? [row('recording', paint.bold(`${kept.shown}, of seed ${kept.seed}`))] : []),
    ...(kept ? [row('next', `vnes lab shrink ${kept.shown}`)] : []),
  ];
}

function line({ seed, complaints }: FailingSeed, paint: Paint): string {
  return `${paint.bold(String(seed))} ${complaints.map(({ name, found }) => `${name}: ${found}`).join('; ')}`;
}
