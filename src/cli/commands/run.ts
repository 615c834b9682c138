import { resolve } from 'node:path';
import { type Diagnostic, diagnose, Failure, fail } from '../../base/diagnostic.ts';
import type { JsonObject, JsonValue } from '../../base/json.ts';
import type { Ports } from '../../base/ports.ts';
import { commandLine } from '../../base/shell.ts';
import type { BusEvent } from '../../capsule/event.ts';
import { ZONES, type Zone } from '../../capsule/zone.ts';
import { bind, type Network } from '../../kernel/binding.ts';
import { type Booted, type BootRequest, boot, nameOf } from '../../kernel/boot.ts';
import { type IngressEvent, parseIngress, type TopicCheck } from '../../kernel/ingress.ts';
import { prepareInvariants } from '../../kernel/invariants/prepare.ts';
import { brokenInvariants } from '../../kernel/invariants/tell.ts';
import { gradesOf } from '../../kernel/quarantine/grades.ts';
import { keepDecisions } from '../../kernel/quarantine/keep.ts';
import { failures, runReport } from '../../kernel/report.ts';
import { outputLine, resultsOf, writeResults } from '../../kernel/results.ts';
import { type RunOutcome, run } from '../../kernel/run.ts';
import type { FlowCounts } from '../../kernel/tally.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import { parseLock } from '../../registry/lock.ts';
import { loadTrust, type TrustStore } from '../../trust/store.ts';
import { diagnosticsOf } from '../../trust/verdict.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { readNamed, refuseUnwritable, writeNamed } from '../files.ts';
import { cacheFolder, nextRunFolder, quarantineFolder, refuseTaken } from '../folders.ts';
import { GO_ON_OPTIONS, type GoingOn, goingOn, prepareOrigin } from '../go-on.ts';
import { evidence, INVARIANTS_OPTION, invariantsLine, invariantsOption } from '../invariants.ts';
import { plotOverTime } from '../plot.ts';
import { gradeLines } from '../render/grade-lines.ts';
import { TRUST_OPTIONS, trustOptions } from '../trust-options.ts';
import { positiveInteger, text, timingOf } from '../values.ts';

const DEFAULT_FRAME_EVENTS = 64;
const PLOT_COLUMNS = 60;

export const command: CommandSpec = {
  name: 'run',
  summary: 'run capsules over an input and record everything',
  arguments: [
    {
      name: 'paths',
      help: 'capsule folders, or folders to look for capsules in',
      required: true,
      variadic: true,
    },
  ],
  options: [
    {
      name: 'input',
      short: 'i',
      value: 'FILE',
      help: 'events, one JSON object a line; - reads standard input',
    },
    {
      name: 'trust-zone',
      value: 'ZONE',
      help: `run each capsule in the less trusted of its zone and this (default: system): ${ZONES.join(', ')}`,
    },
    { name: 'seed', value: 'N', help: 'seed of the randomness that capsules are given (default: 0)' },
    { name: 'record', value: 'DIR', help: 'folder of the recording; by default a new one under .vnes/runs/' },
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      help: 'write the output events there instead of to standard output',
    },
    {
      name: 'frame-events',
      value: 'N',
      help: `input events that a frame takes at most (default: ${DEFAULT_FRAME_EVENTS})`,
    },
    {
      name: 'timing-seed',
      value: 'N',
      help: 'disturb the timing of workers by this seed; results must not change',
    },
    INVARIANTS_OPTION,
    ...GO_ON_OPTIONS,
    ...TRUST_OPTIONS,
    { name: 'lock', value: 'FILE', help: 'run what this lock file says, and nothing else' },
  ],
  examples: [
    'vnes run ./capsules --input events.ndjson',
    'vnes run ./capsules --input events.ndjson --trust-zone session --seed 7 --record ./recording',
    'vnes run ./capsules --from .vnes/runs/0001@fix --input more.ndjson',
  ],
  run: runCommand,
};

async function runCommand(
  context: Context,
  paths: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { ports } = context;
  const going = goingOn(context, options);
  const zone = going?.zone ?? zoneOption(options);
  const output = text(options.output);
  if (output !== undefined) refuseUnwritable(context, output);
  const record = text(options.record);
  if (record !== undefined) refuseTaken(context, record);
  const input = await inputOf(context, options, going);
  const stated = await invariantsOption(context, options);
  const folders = await discoverCapsules(paths, ports.env.cwd);
  context.progress(`verifying ${folders.length} capsules`);
  const trust = await loadTrust({ ...trustOptions(options), capsules: folders }, ports);
  const booted = await boot({
    folders,
    cwd: ports.env.cwd,
    trust,
    cacheDir: cacheFolder(ports),
    zone,
    lock: await lockOption(context, options),
  });
  const unkept = keepVerdicts(booted, trust, ports);
  if (booted.refused.length > 0) return refusal(booted, unkept);

  const network = await bind(booted.capsules);
  const timing = timingOf(options, ports);
  const invariants = await prepareInvariants(booted.capsules, ...(stated ? [stated] : []));
  const check = checkFor(network);
  const { origin, events } = going
    ? await prepareOrigin(context, going, {
        booted,
        network,
        timing,
        watch: invariants.watch(),
        check,
        input,
      })
    : { origin: undefined, events: eventsIn(input!, check) };
  const settings = {
    ...(going ? settledBy(going) : settingsOf(options, events)),
    zone,
    ...(stated ? { invariants: stated.invariants } : {}),
  };
  const dir = going?.dir ?? (record === undefined ? nextRunFolder(ports) : resolve(ports.env.cwd, record));
  const shown = going?.shown ?? record ?? dir.slice(ports.env.cwd.length + 1);
  const outcome = await run({
    dir,
    settings,
    booted,
    network,
    input: events,
    invariants,
    timing,
    origin,
    cacheDir: cacheFolder(ports),
    onFrame: ({ frame }) => context.progress(`frame ${frame}`),
  });
  return finished({
    context,
    shown,
    dir,
    options,
    outcome,
    events,
    booted,
    unkept,
    report: runReport(settings, booted.capsules, outcome, gradesOf(booted.verdicts)),
  });
}

function zoneOption(options: OptionValues): Zone {
  const zone = text(options['trust-zone']) ?? 'system';
  return (
    ZONES.find(known => known === zone) ??
    fail('VNES9006', `there is no trust zone ${JSON.stringify(zone)}`, {
      expected: ZONES.join(', '),
      found: zone,
    })
  );
}

/** A run that goes on from a branch may have no more input. */
async function inputOf(context: Context, options: OptionValues, going: GoingOn | undefined) {
  if (going && !going.resumed && options.input === undefined) return undefined;
  return readNamed(context, inputOption(options));
}

function eventsIn({ bytes, name }: { readonly bytes: Uint8Array; readonly name: string }, check: TopicCheck) {
  const events = parseIngress(bytes, name, check);
  if (events.length === 0)
    fail('VNES1106', 'the input holds no events', { place: { file: name }, help: 'vnes explain VNES1106' });
  return events;
}

function settingsOf(options: OptionValues, events: readonly IngressEvent[]) {
  return {
    seed: text(options.seed) ?? '0',
    epoch: events[0]!.time,
    frameIngress: positiveInteger('frame-events', options, DEFAULT_FRAME_EVENTS),
  };
}

function settledBy({ header: { seed, epoch, frameIngress } }: GoingOn) {
  return { seed, epoch, frameIngress };
}

function inputOption(options: OptionValues): string {
  return (
    text(options.input) ??
    fail('VNES9007', 'no input was given', { expected: '--input FILE, or --input - for standard input' })
  );
}

async function lockOption(context: Context, options: OptionValues): Promise<BootRequest['lock']> {
  const file = text(options.lock);
  if (file === undefined) return undefined;
  return { file, content: parseLock((await readNamed(context, file)).bytes, file) };
}

function checkFor({ catalog, subscribers }: Network) {
  return (topic: string, payload: JsonValue): readonly string[] => {
    if (subscribers(topic).length === 0) return [`no capsule of this run subscribes to ${topic}`];
    return catalog
      .check(topic, payload)
      .map(({ pointer, message }) => `${pointer || 'the payload'} ${message}`);
  };
}

/**
 * What the quarantine cannot keep. It must not hide why capsules were refused; and where none was, it is memory and no authority,
 * so that the run goes on with a warning.
 */
function keepVerdicts(
  { decisions, refused }: Booted,
  trust: TrustStore,
  ports: Ports,
): readonly Diagnostic[] {
  try {
    const place = { dir: quarantineFolder(ports), cwd: ports.env.cwd };
    keepDecisions(decisions, { ...place, gate: 'run', trust, now: ports.clock.now() });
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return refused.length > 0 ? error.diagnostics : error.diagnostics.map(asWarning);
  }
}

/** The recording states the grades too. */
function asWarning(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, severity: 'warning' };
}

/** Nothing runs while anything is quarantined. */
function refusal({ refused, verdicts }: Booted, unkept: readonly Diagnostic[]): Result {
  const diagnostics = refused.flatMap(({ checks }) => diagnosticsOf(checks));
  const names = refused.map(nameOf);
  diagnostics.push(
    diagnose(
      'VNES3101',
      `nothing was run: ${refused.length} of ${verdicts.length} capsules are quarantined`,
      {
        found: names.join(', '),
        help: commandLine(['vnes', 'quarantine-inspect'], [names[0]!]),
      },
    ),
    ...unkept,
  );
  return {
    data: { quarantined: refused as unknown as JsonValue },
    diagnostics,
    exit: 'negative',
    text: () => '',
  };
}

interface Finished {
  readonly context: Context;
  readonly booted: Booted;
  /** What the quarantine could not keep of it. */
  readonly unkept: readonly Diagnostic[];
  readonly shown: string;
  readonly dir: string;
  readonly options: OptionValues;
  readonly outcome: RunOutcome;
  readonly events: readonly IngressEvent[];
  readonly report: JsonObject;
}

function finished({
  context,
  booted,
  unkept,
  shown,
  dir,
  options,
  outcome,
  events,
  report,
}: Finished): Result {
  const results = resultsOf(outcome.outputs, report);
  writeResults(dir, results);
  const output = text(options.output);
  if (output !== undefined) writeNamed(context, output, results['outputs.ndjson']);
  return {
    data: { recording: shown, ...report },
    diagnostics: [
      ...failures(outcome.tally, shown, booted.capsules),
      ...brokenInvariants(outcome.invariants, evidence(shown)),
      ...unkept,
    ],
    text: paint => summary(shown, booted, outcome, events, paint),
    ...(output === undefined ? { lines: outcome.outputs.map(outputLine) } : {}),
  };
}

const FLOW_WORDS: Readonly<Record<keyof FlowCounts, string>> = {
  redelivered: 'delivered again',
  deadLettered: 'dead-lettered',
  shed: 'shed',
  folded: 'folded',
  heldBack: 'frames held input back',
};

function summary(
  recording: string,
  { verdicts }: Booted,
  outcome: RunOutcome,
  events: readonly IngressEvent[],
  paint: Paint,
): string {
  const { seal, tally, outputs, invariants } = outcome;
  const held = invariantsLine(invariants, paint);
  const counts = Object.entries(tally.deliveries)
    .filter(([kind, count]) => kind === 'ok' || count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
  const flow = Object.entries(tally.flow)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${FLOW_WORDS[kind as keyof FlowCounts]}`)
    .join(', ');
  const [start, end] = [events[0]?.time ?? 0, events.at(-1)?.time ?? 0];
  const row = (label: string, value: string) => `${paint.dim(label.padEnd(12))}${value}`;
  return [
    ...gradeLines(verdicts, paint).map((line, index) => row(index === 0 ? 'capsules' : '', line)),
    row('frames', `${seal.frames}, ${tally.ingress} events in, ${outputs.length} out, ${seal.events} in all`),
    row('deliveries', counts),
    ...(flow === '' ? [] : [row('flow', flow)]),
    ...(held === undefined ? [] : [row('invariants', held)]),
    ...byTopic(outputs).map(([topic, times]) =>
      row('', `${plotOverTime(times, start, end, PLOT_COLUMNS)} ${times.length} ${topic}`),
    ),
    row('log root', seal.logRoot),
    row('state root', seal.stateRoot),
    row('recording', paint.bold(recording)),
    row('next', `vnes replay ${recording}`),
  ].join('\n');
}

function byTopic(outputs: readonly BusEvent[]): [string, number[]][] {
  return [...Map.groupBy(outputs, ({ topic }) => topic)].map(([topic, of]) => [
    topic,
    of.map(({ time }) => time),
  ]);
}
