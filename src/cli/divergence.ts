import { resolve } from 'node:path';
import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import type { ExplainedDivergence } from '../lab/explain.ts';
import type { Context, OptionSpec, OptionValues, Paint } from './command.ts';
import { cacheFolder, refuseTaken } from './folders.ts';
import { text } from './values.ts';

export const MINIMAL_OPTION: OptionSpec = {
  name: 'minimal',
  value: 'DIR',
  help: 'where it diverges, record the least input that still does, there',
};

/** The small recording of a divergence, and the input events that are left in it. */
export interface Minimal {
  readonly recording: string;
  readonly from: number;
  readonly to: number;
}

/** Refuses a folder before the replay and not after it. @throws Failure VNES1052, VNES8006 */
export function refuseTakenMinimal(context: Context, options: OptionValues): void {
  const name = text(options.minimal);
  if (name !== undefined) refuseTaken(context, name);
}

/** Writes the small recording where the option says so. @throws Failure VNES8206 when the divergence gets no smaller */
export async function minimal(
  context: Context,
  dir: string,
  options: OptionValues,
): Promise<Minimal | undefined> {
  const recording = text(options.minimal);
  if (recording === undefined) return undefined;
  const { ports } = context;
  const { recordedIn } = await import('../lab/shrink-input.ts');
  const { shrinkDivergence } = await import('../lab/shrink-divergence.ts');
  const request = {
    ...{ dir, target: () => resolve(ports.env.cwd, recording), cacheDir: cacheFolder(ports) },
    weaker: options['allow-weaker'] === true,
    onTry: (tries: number, left: number) => context.progress(`try ${tries}: ${left} input events`),
  };
  const { from, to } = await shrinkDivergence(request, recordedIn(dir));
  return { recording, from, to };
}

/** What is wrong, and the command that shows it again with the least input. */
export function diverged(
  divergence: ExplainedDivergence,
  shown: string,
  small: Minimal | undefined,
): Diagnostic {
  const { frame, event, capsule, what, recorded, actual } = divergence;
  const alone = capsule === 'kernel' ? '' : ` --only ${capsule}`;
  const again = small ? `vnes replay ${small.recording}` : `vnes replay ${shown} --until ${event}${alone}`;
  return diagnose('VNES8101', `replay diverged in frame ${frame}: ${what} of ${capsule} for event ${event}`, {
    place: { file: shown },
    expected: recorded ?? 'nothing',
    found: actual ?? 'nothing',
    help: `see the event: vnes bus log ${shown} --from ${event} --limit 1; reproduce: ${again}`,
  });
}

/** Where within the effect the two differ, and the events that led to it. */
export function story(
  { differences, before, source }: ExplainedDivergence,
  small: Minimal | undefined,
  paint: Paint,
): string {
  const value = (found: JsonValue | undefined) => (found === undefined ? 'nothing' : canonicalJson(found));
  return [
    ...differences.map(
      ({ pointer, recorded, actual }) =>
        `  ${pointer || 'as a whole'}: ${paint.good(value(recorded))} recorded, ${paint.bad(value(actual))} now`,
    ),
    ...(source ? [`  at ${paint.bold(`${source.file}:${source.line}`)} of ${source.capsule}`] : []),
    ...(small
      ? [`${small.to} of ${small.from} input events are left in ${paint.bold(small.recording)}`]
      : []),
    `the ${before.length} events up to it`,
    ...before.map(
      ({ seq, topic, partition, offset, source, payload }) =>
        `  ${paint.bold(String(seq))} ${topic}/${partition}/${offset} by ${source} ${canonicalJson(payload)}`,
    ),
  ].join('\n');
}
