import { fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { type Compaction, compact, type Need } from '../../lab/compact.ts';
import { forkAt } from '../../lab/fork.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { recordingFolder } from '../recording.ts';
import { positiveInteger, text } from '../values.ts';

export const command: CommandSpec = {
  name: 'compact',
  summary: 'drop what a recording holds from before a snapshot that nothing needs any more',
  arguments: [{ name: 'recording', help: 'folder of a recording', required: true }],
  options: [
    {
      name: 'keep',
      value: 'POINT',
      help: 'keep everything from this point on: frame:N, a time in UTC, an event or end',
    },
    { name: 'keep-frames', value: 'N', help: 'keep the last N frames' },
    { name: 'dry-run', help: 'say what would be dropped, and drop nothing' },
  ],
  examples: [
    'vnes compact .vnes/runs/0001 --keep 2027-01-01T00:00:00Z --dry-run',
    'vnes compact .vnes/runs/0001 --keep-frames 1000',
  ],
  run: compactCommand,
};

async function compactCommand(
  context: Context,
  [shown = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const dir = recordingFolder(context, shown);
  const dry = options['dry-run'] === true;
  const outcome = await compact(dir, await ruleOf(dir, options), { dry });
  return {
    data: { recording: shown, dryRun: dry, ...outcome } as unknown as JsonValue,
    diagnostics: [],
    text: paint => story(shown, dry, outcome, paint),
  };
}

/** From which frame on everything is kept. @throws Failure VNES9006, VNES9007 */
async function ruleOf(dir: string, options: OptionValues): Promise<Need> {
  const [point, last] = [text(options.keep), text(options['keep-frames'])];
  if (point !== undefined && last !== undefined)
    fail('VNES9006', '--keep and --keep-frames do not go together', { expected: 'one of the two' });
  if (point === undefined && last === undefined)
    fail('VNES9007', 'it was not said what to keep', { expected: '--keep POINT, or --keep-frames N' });
  const { fork } = await forkAt(dir, point ?? 'end');
  if (point !== undefined) return { who: `--keep ${point}`, frames: fork.frames };
  const frames = Math.max(0, fork.frames - positiveInteger('keep-frames', options, 1));
  return { who: `--keep-frames ${last}`, frames };
}

function story(
  shown: string,
  dry: boolean,
  { frames, events, segments, bytes, needs }: Compaction,
  paint: Paint,
): string {
  const done = dry ? 'would begin' : 'begins';
  return [
    `${paint.bold(shown)} ${done} after ${frames} frames, ${events} events: ${segments} segments with ${bytes} bytes ${dry ? 'would go' : 'are gone'}`,
    ...needs.map(({ who, frames: from }) => `  ${who} needs it from frame ${from} on`),
  ].join('\n');
}
