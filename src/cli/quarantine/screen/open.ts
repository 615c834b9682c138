import { type Diagnostic, Failure } from '../../../base/diagnostic.ts';
import { groundsOf } from '../../../kernel/quarantine/grounds.ts';
import type { CapsuleRecord } from '../../../kernel/quarantine/model.ts';
import { readRecord, recordName } from '../../../kernel/quarantine/read.ts';
import { examineAgain } from '../../../kernel/quarantine/release.ts';
import type { Verdict } from '../../../trust/verdict.ts';
import type { Context, OptionValues, Result } from '../../command.ts';
import { type ColourWhen, wantsColour } from '../../globals.ts';
import { placeOf, trustFor } from '../choose.ts';
import { detailsOf } from '../details.ts';
import { App, type Deeds } from './app.ts';
import { createElement, render } from './ink.ts';

/** Milliseconds on a record before it is compared: who only passes by need not wait. */
const REST = 60;

export interface ScreenOptions {
  readonly records: readonly CapsuleRecord[];
  /** What of the quarantine could not be read; told when the screen is given back. */
  readonly problems: readonly Diagnostic[];
  readonly options: OptionValues;
}

/** Shows the quarantine on the full screen until the user leaves it. */
export async function openScreen(
  context: Context,
  { records, problems, options }: ScreenOptions,
): Promise<Result> {
  const colour = wantsColour(options.color as ColourWhen, context.ports.env, () => true);
  const app = createElement(App, { records, colour, deeds: deedsOf(context, options) });
  const screen = render(app, {
    alternateScreen: true,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    isScreenReaderEnabled: false,
  });
  context.takeScreen(() => screen.unmount());
  await screen.waitUntilExit();
  return { data: null, diagnostics: problems, text: () => '' };
}

function deedsOf(context: Context, options: OptionValues): Deeds {
  const { ports } = context;
  return {
    look: record => detailsOf(context, record, options),
    examine: record => examineAndTell(context, record, options),
    interrupt: () => process.kill(process.pid, 'SIGINT'),
    pause: () => ports.clock.sleep(REST),
  };
}

/** What goes wrong is told on the screen, which goes on. */
async function examineAndTell(context: Context, record: CapsuleRecord, options: OptionValues) {
  try {
    const place = placeOf(context, await trustFor(context, [record], options));
    const { verdict } = await examineAgain(record.now, place);
    const after = readRecord(place.dir, recordName(record.now.folder)) ?? record;
    return { record: after, message: told(record, verdict) };
  } catch (error) {
    if (error instanceof Failure) return { record, message: error.message };
    throw error;
  }
}

function told({ now }: CapsuleRecord, verdict: Verdict): string {
  if (verdict.admitted) return `${now.name} is ${verdict.grade}: a run would load it`;
  return `${now.name} stays in quarantine: ${groundsOf(verdict)
    .map(({ rule }) => rule)
    .join(', ')}`;
}
