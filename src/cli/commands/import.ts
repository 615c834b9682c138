import { resolve } from 'node:path';
import { importRecording } from '../../lab/transfer.ts';
import type { CommandSpec, Context, Result } from '../command.ts';
import { refuseTaken } from '../folders.ts';

export const command: CommandSpec = {
  name: 'import',
  summary: 'check an exported recording and make its folder',
  arguments: [
    { name: 'file', help: 'file that `vnes export` wrote', required: true },
    { name: 'recording', help: 'new folder for the recording', required: true },
  ],
  options: [],
  examples: ['vnes import run.vnes ./recording'],
  run: importCommand,
};

async function importCommand(context: Context, [file = '', shown = '']: readonly string[]): Promise<Result> {
  refuseTaken(context, shown);
  const { cwd } = context.ports.env;
  const { provable, objects } = await importRecording(resolve(cwd, file), resolve(cwd, shown));
  const { records, frames, events, head } = provable;
  return {
    data: { recording: shown, file, records, frames, events, objects: objects.size, head },
    diagnostics: [],
    text: paint =>
      [
        `${paint.good('sound')} ${shown}: ${frames} frames, ${events} events, ${objects.size} objects`,
        `${paint.dim('head')} ${head}`,
      ].join('\n'),
  };
}
