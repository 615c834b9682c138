import { resolve } from 'node:path';
import type { JsonValue } from '../../base/json.ts';
import { commandLine } from '../../base/shell.ts';
import { shrink as makeSmall } from '../../lab/shrink.ts';
import type { Shrunk } from '../../lab/shrink-input.ts';
import type { CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { cacheFolder, nextRunFolder, refuseTaken } from '../folders.ts';
import { INVARIANTS_OPTION, invariantsOption } from '../invariants.ts';
import { recordingFolder } from '../recording.ts';
import { text } from '../values.ts';
import { WEAKER_OPTION } from '../weaker.ts';

export const shrink: CommandSpec = {
  name: 'shrink',
  summary: 'make a recording in which something goes wrong as small as it gets',
  arguments: [{ name: 'recording', help: 'folder of a recording', required: true }],
  options: [
    {
      name: 'about',
      value: 'NAME',
      help: 'the invariant, or the capsule that breaks down; else what comes first',
    },
    INVARIANTS_OPTION,
    WEAKER_OPTION,
    {
      name: 'record',
      value: 'DIR',
      help: 'folder of the small recording; by default a new one under .vnes/runs/',
    },
  ],
  examples: [
    'vnes lab shrink .vnes/runs/0002',
    'vnes lab shrink .vnes/runs/0002 --about user.me.bank/no_debt',
  ],
  run: shrinkCommand,
};

async function shrinkCommand(
  context: Context,
  [shown = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { ports } = context;
  const { cwd } = ports.env;
  const record = text(options.record);
  if (record !== undefined) refuseTaken(context, record);
  const found = await makeSmall({
    dir: recordingFolder(context, shown),
    target: () => (record === undefined ? nextRunFolder(ports) : resolve(cwd, record)),
    about: text(options.about),
    invariants: await invariantsOption(context, options),
    cacheDir: cacheFolder(ports),
    weaker: options['allow-weaker'] === true,
    onTry: (tries, left) => context.progress(`try ${tries}: ${left} input events`),
  });
  const small = record ?? found.dir.slice(cwd.length + 1);
  const { dir: _, ...told } = found;
  return {
    data: { recording: shown, small, ...told } as unknown as JsonValue,
    diagnostics: [],
    text: paint => lines(small, found, paint).join('\n'),
  };
}

function lines(small: string, { shows, from, to, tries, proven }: Shrunk, paint: Paint): readonly string[] {
  const row = (label: string, value: string) => `${paint.dim(label.padEnd(12))}${value}`;
  const minimal = proven ? 'none can be left out' : paint.warn('the tries ran out: it may get smaller');
  return [
    row('shows', `${paint.bold(shows.name)}: ${shows.found}`),
    row('input', `${paint.bold(String(to))} of ${from} events are left after ${tries} tries; ${minimal}`),
    row('recording', paint.bold(small)),
    row('next', commandLine(['vnes', 'replay'], [small])),
  ];
}
