import { resolve } from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { droppedBefore } from '../../lab/open.ts';
import { exportDatabase, exportEvents, exportRecording } from '../../lab/transfer.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { refuseUnwritable } from '../files.ts';
import { droppedHistory, recordingFolder } from '../recording.ts';

/** What may be written instead of the whole recording. */
const FORMS = { ndjson: exportEvents, sqlite: exportDatabase } as const;

export const command: CommandSpec = {
  name: 'export',
  summary: 'write a recording as one portable file',
  arguments: [
    { name: 'recording', help: 'folder of a recording', required: true },
    { name: 'file', help: 'file to write', required: true },
  ],
  options: [
    { name: 'ndjson', help: 'write the events instead, one JSON object a line' },
    { name: 'sqlite', help: 'write the index instead, an SQLite database' },
  ],
  examples: ['vnes export .vnes/runs/0001 run.vnes', 'vnes export .vnes/runs/0001 events.ndjson --ndjson'],
  run: exportCommand,
};

async function exportCommand(
  context: Context,
  [shown = '', file = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const write = formOf(options);
  refuseUnwritable(context, file);
  const { cwd } = context.ports.env;
  const dir = recordingFolder(context, shown);
  const { provable } = await write(dir, resolve(cwd, file));
  const dropped = write === exportRecording ? undefined : droppedBefore(dir);
  const { frames, events, head } = provable;
  return {
    data: { recording: shown, file, frames, events, head },
    diagnostics: dropped ? [droppedHistory(shown, dropped)] : [],
    text: paint => `${paint.bold(file)} ${frames} frames, ${events} events\n${paint.dim('head')} ${head}`,
  };
}

function formOf(options: OptionValues): typeof exportRecording {
  const asked = (Object.keys(FORMS) as (keyof typeof FORMS)[]).filter(name => options[name] === true);
  if (asked.length > 1)
    fail('VNES9006', '--ndjson and --sqlite ask for two forms', { expected: 'one of the two' });
  const [form] = asked;
  return form === undefined ? exportRecording : FORMS[form];
}
