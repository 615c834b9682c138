import { resolve } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { JsonObject } from '../../base/json.ts';
import { commandLine } from '../../base/shell.ts';
import type { BusEvent } from '../../capsule/event.ts';
import type { Booted } from '../../kernel/boot.ts';
import type { IngressEvent } from '../../kernel/ingress.ts';
import { type InvariantsFile, recordedInvariants } from '../../kernel/invariants/prepare.ts';
import { brokenInvariants } from '../../kernel/invariants/tell.ts';
import { gradesOf } from '../../kernel/quarantine/grades.ts';
import { type RunSettings, recordedDisturbance } from '../../kernel/recording.ts';
import { failures, runReport } from '../../kernel/report.ts';
import { outputLine, resultsOf, writeResults } from '../../kernel/results.ts';
import { type RunOutcome, run } from '../../kernel/run.ts';
import type { FlowCounts } from '../../kernel/tally.ts';
import { behaviourIn } from '../../store/flags.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { refuseUnwritable, writeNamed } from '../files.ts';
import { cacheFolder, nextRunFolder, refuseTaken } from '../folders.ts';
import { GO_ON_OPTIONS, type GoingOn, goingOn, prepareOrigin } from '../go-on.ts';
import { evidence, invariantsLine } from '../invariants.ts';
import {
  CAPSULES,
  eventsIn,
  NETWORK_OPTIONS,
  prepareNetwork,
  readInput,
  settingsOf,
  zoneOption,
} from '../network.ts';
import { plotOverTime } from '../plot.ts';
import { gradeLines } from '../render/grade-lines.ts';
import { positiveInteger, text, timingOf } from '../values.ts';
import { weakenedCapsules } from '../weaker.ts';

const PLOT_COLUMNS = 60;

export const command: CommandSpec = {
  name: 'run',
  summary: 'run capsules over an input and record everything',
  arguments: [CAPSULES],
  options: [
    ...NETWORK_OPTIONS,
    { name: 'record', value: 'DIR', help: 'folder of the recording; by default a new one under .vnes/runs/' },
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      help: 'write the output events there instead of to standard output',
    },
    {
      name: 'timing-seed',
      value: 'N',
      help: 'disturb the timing of workers by this seed; results must not change',
    },
    {
      name: 'snapshot-every',
      value: 'N',
      help: 'after every N frames, make all instances anew, so that a replay can begin there',
    },
    ...GO_ON_OPTIONS,
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
  const prepared = await prepareNetwork(
    context,
    paths,
    options,
    zone,
    going && behaviourIn(going.header.flags),
    going && invariantsOf(going),
  );
  if ('refusal' in prepared) return prepared.refusal;
  const { booted, network, invariants, stated, check, unkept } = prepared;
  const timing = timingOf(options, ports);
  const { origin, events } = going
    ? await prepareOrigin(context, going, {
        booted,
        network,
        timing,
        watch: invariants.watch(),
        weaker: options['allow-weaker'] === true,
        check,
        input,
      })
    : { origin: undefined, events: eventsIn(input!, check) };
  const settings = going
    ? settledBy(going, stated)
    : { ...settingsOf(options, events, zone, stated), ...snapshotOption(options) };
  const dir = going?.dir ?? (record === undefined ? nextRunFolder(ports) : resolve(ports.env.cwd, record));
  const shown = going?.shown ?? record ?? dir.slice(ports.env.cwd.length + 1);
  const resume = resumption(paths, shown, options);
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
    weaker: options['allow-weaker'] === true,
    onFrame: ({ frame }) => {
      context.whenStopped(resume);
      context.progress(`frame ${frame}`);
    },
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
    report: runReport(settings, outcome.capsules, outcome, gradesOf(booted.verdicts)),
  });
}

/** How a run goes on that was stopped. */
function resumption(paths: readonly string[], shown: string, options: OptionValues): string {
  const input = text(options.input);
  const given = commandLine(['vnes', 'run', ...paths, '--resume', shown, '--input']);
  const file = input === undefined || input === '-' ? 'FILE' : commandLine([input]);
  return `what it has done lies in ${shown}; go on with it: ${given} ${file}`;
}

/** A run that is resumed is held to what it was held to before; undefined where that is nothing. */
function invariantsOf({ dir, header, resumed }: GoingOn): InvariantsFile | undefined {
  return resumed && header.invariants ? recordedInvariants(dir, header) : undefined;
}

/** A run that goes on from a branch may have no more input. */
async function inputOf(context: Context, options: OptionValues, going: GoingOn | undefined) {
  if (going && !going.resumed && options.input === undefined) return undefined;
  return readInput(context, options);
}

function snapshotOption(options: OptionValues): Pick<RunSettings, 'snapshotEvery'> {
  if (options['snapshot-every'] === undefined) return {};
  return { snapshotEvery: positiveInteger('snapshot-every', options, 1) };
}

function settledBy({ header, zone }: GoingOn, stated: InvariantsFile | undefined): RunSettings {
  const { seed, epoch, frameIngress, snapshotEvery } = header;
  const disturbance = recordedDisturbance(header);
  return {
    ...{ seed, epoch, frameIngress, zone },
    ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
    ...(stated ? { invariants: stated.invariants } : {}),
    ...(disturbance ? { disturbance } : {}),
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
      ...weakenedCapsules(outcome.capsules),
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
  strategies: 'changes of strategy',
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
