import { fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { brokenInvariants } from '../../kernel/invariants/tell.ts';
import { type ReplayOutcome, replay } from '../../lab/replay.ts';
import { stepFor } from '../../lab/snapshots.ts';
import type { Comparison } from '../../lab/tiers.ts';
import { resolvePoint } from '../../state/point.ts';
import { openIndex } from '../../store/index.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { diverged, MINIMAL_OPTION, minimal, refuseTakenMinimal, story } from '../divergence.ts';
import { cacheFolder } from '../folders.ts';
import { evidence, INVARIANTS_OPTION, invariantsLine, invariantsOption } from '../invariants.ts';
import { recordingFolder } from '../recording.ts';
import { NOW_OPTION } from '../time-option.ts';
import { text, timingOf } from '../values.ts';
import { WEAKER_OPTION } from '../weaker.ts';

export const command: CommandSpec = {
  name: 'replay',
  summary: 'run a recording again and prove every effect equal',
  arguments: [{ name: 'recording', help: 'folder of a recording', required: true }],
  options: [
    {
      name: 'timing-seed',
      value: 'N',
      help: 'disturb the timing of workers by this seed; results must not change',
    },
    {
      name: 'from',
      value: 'SNAPSHOT',
      help: 'begin with a named snapshot, or with the last one up to a point',
    },
    { name: 'until', value: 'POINT', help: 'stop after the frame of this event or time' },
    {
      name: 'only',
      value: 'ID',
      multiple: true,
      help: 'execute these capsules; feed back what was recorded of all others',
    },
    {
      name: 'with',
      value: 'DIR',
      help: 'tell what this version of a recorded capsule would have done',
      multiple: true,
    },
    MINIMAL_OPTION,
    INVARIANTS_OPTION,
    { name: 'trust', value: 'FILE', help: 'with --with: trust file to use' },
    WEAKER_OPTION,
    NOW_OPTION,
  ],
  examples: [
    'vnes replay .vnes/runs/0001',
    'vnes replay .vnes/runs/0001 --until frame:12 --only user.me.hello',
    'vnes replay .vnes/runs/0001 --with ./hello',
  ],
  run: replayCommand,
};

async function replayCommand(
  context: Context,
  [shown = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { ports } = context;
  const dir = recordingFolder(context, shown);
  const point = text(options.until);
  refuseTakenMinimal(context, options);
  const folders = list(options.with);
  if (folders) {
    refuseClash(options);
    const { askWhatIf } = await import('../what-if.ts');
    return askWhatIf(context, shown, folders, options);
  }
  const start = text(options.from);
  const from = start === undefined ? undefined : await stepFor(dir, start);
  const outcome = await replay({
    dir,
    from,
    only: list(options.only),
    until: point === undefined ? undefined : await frameIn(dir, point),
    timing: timingOf(options, ports),
    cacheDir: cacheFolder(ports),
    weaker: options['allow-weaker'] === true,
    invariants: await invariantsOption(context, options),
    onFrame: ({ frame }) => context.progress(`frame ${frame}`),
  });
  const { seal, divergence, header, invariants } = outcome;
  const small = divergence && (await minimal(context, dir, options));
  return {
    data: {
      recording: shown,
      equal: divergence === undefined,
      frames: seal.frames,
      events: seal.events,
      deliveries: outcome.tally.deliveries,
      executed: outcome.executed,
      logRoot: seal.logRoot,
      stateRoot: seal.stateRoot,
      from: from?.record.frames ?? null,
      until: point ?? null,
      invariants,
      capsules: header.capsules.map(({ id, version, tree, tier }) => ({
        id,
        version,
        tree,
        tier,
        comparison: outcome.comparisons.get(id)!,
      })),
      minimal: small ?? null,
      divergence: divergence
        ? { ...divergence, recorded: divergence.recorded ?? null, actual: divergence.actual ?? null }
        : null,
    } as unknown as JsonValue,
    diagnostics: [
      ...(divergence ? [diverged(divergence, shown, small)] : []),
      ...brokenInvariants(invariants, evidence(shown)),
    ],
    text: paint =>
      divergence
        ? story(divergence, small, paint)
        : equal(shown, { from: from?.record.frames, until: point }, outcome, paint),
  };
}

function list(value: OptionValues[string]): readonly string[] | undefined {
  return Array.isArray(value) ? (value as readonly string[]) : undefined;
}

/** A what-if has no recording that its frames could be held against. */
function refuseClash(options: OptionValues): void {
  const other = ['only', 'until', 'from', 'minimal'].find(name => options[name] !== undefined);
  if (other !== undefined)
    fail('VNES9006', `--with and --${other} do not go together`, { expected: 'one of the two' });
}

/** The frame that a point lies in. */
async function frameIn(dir: string, reference: string): Promise<number> {
  const index = await openIndex(dir);
  try {
    return resolvePoint(index.database, reference).frame;
  } finally {
    index.close();
  }
}

const ASKED: Readonly<Record<Comparison, string>> = {
  bytes: 'every effect the same',
  tolerance: 'the same structure, numbers within the tolerance',
  projection: 'the same facts',
  recorded: 'not executed, what was recorded was fed back',
};

function equal(
  shown: string,
  { from, until }: { readonly from: number | undefined; readonly until: string | undefined },
  outcome: ReplayOutcome,
  paint: Paint,
): string {
  const { seal, tally, comparisons, executed } = outcome;
  const held = invariantsLine(outcome.invariants, paint);
  const deliveries = Object.values(tally.deliveries).reduce((sum, count) => sum + count, 0);
  const some = executed < deliveries ? `, ${executed} of them executed` : '';
  const byComparison = Map.groupBy(comparisons, ([, comparison]) => comparison);
  const plain = byComparison.size === 1 && byComparison.has('bytes');
  const extent = `${from === undefined ? '' : ` from frame ${from}`}${until === undefined ? '' : ` until ${until}`}`;
  return [
    `${paint.good('equal')} ${shown}${extent}: ${seal.frames} frames, ${seal.events} events, ${deliveries} deliveries${some}${plain ? `, ${ASKED.bytes}` : ''}`,
    ...(plain
      ? []
      : [...byComparison].map(
          ([comparison, of]) => `  ${of.map(([id]) => id).join(', ')}: ${ASKED[comparison]}`,
        )),
    ...(held === undefined ? [] : [`${paint.dim('invariants')} ${held}`]),
    `${paint.dim('log root  ')} ${seal.logRoot}`,
    `${paint.dim('state root')} ${seal.stateRoot}`,
  ].join('\n');
}
