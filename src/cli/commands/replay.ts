import { resolve } from 'node:path';
import { diagnose } from '../../base/diagnostic.ts';
import type { Divergence } from '../../lab/divergence.ts';
import { type ReplayOutcome, replay } from '../../lab/replay.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { cacheFolder } from '../folders.ts';
import { timingOf } from '../values.ts';

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
  ],
  examples: ['vnes replay .vnes/runs/0001'],
  run: replayCommand,
};

async function replayCommand(
  context: Context,
  [shown = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { ports } = context;
  const outcome = await replay({
    dir: resolve(ports.env.cwd, shown),
    timing: timingOf(options, ports),
    cacheDir: cacheFolder(ports),
    onFrame: ({ frame }) => context.progress(`frame ${frame}`),
  });
  const { seal, divergence, header } = outcome;
  return {
    data: {
      recording: shown,
      equal: divergence === undefined,
      frames: seal.frames,
      events: seal.events,
      deliveries: outcome.tally.deliveries,
      logRoot: seal.logRoot,
      stateRoot: seal.stateRoot,
      capsules: header.capsules.map(({ id, version, tree }) => ({ id, version, tree })),
      divergence: divergence
        ? { ...divergence, recorded: divergence.recorded ?? null, actual: divergence.actual ?? null }
        : null,
    },
    diagnostics: divergence ? [diverged(divergence, shown)] : [],
    text: paint => (divergence ? '' : equal(shown, outcome, paint)),
  };
}

function diverged({ frame, event, capsule, what, recorded, actual }: Divergence, shown: string) {
  return diagnose('VNES8101', `replay diverged in frame ${frame}: ${what} of ${capsule} for event ${event}`, {
    place: { file: shown },
    expected: recorded ?? 'nothing',
    found: actual ?? 'nothing',
    help: `see the event: vnes bus log ${shown} --from ${event} --limit 1; reproduce: vnes replay ${shown}`,
  });
}

function equal(shown: string, { seal, tally }: ReplayOutcome, paint: Paint): string {
  const deliveries = Object.values(tally.deliveries).reduce((sum, count) => sum + count, 0);
  return [
    `${paint.good('equal')} ${shown}: ${seal.frames} frames, ${seal.events} events, ${deliveries} deliveries, every effect the same`,
    `${paint.dim('log root  ')} ${seal.logRoot}`,
    `${paint.dim('state root')} ${seal.stateRoot}`,
  ].join('\n');
}
