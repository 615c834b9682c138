import type { JsonValue } from '../../base/json.ts';
import { type Check, fsck } from '../../lab/fsck.ts';
import type { CommandSpec, Context, Paint, Result } from '../command.ts';
import { recordingFolder } from '../recording.ts';

export const command: CommandSpec = {
  name: 'fsck',
  summary: 'name every damaged part of a recording, and what is still true',
  arguments: [{ name: 'recording', help: 'folder of a recording', required: true }],
  options: [],
  examples: ['vnes fsck .vnes/runs/0001'],
  run: fsckCommand,
};

async function fsckCommand(context: Context, [shown = '']: readonly string[]): Promise<Result> {
  const check = await fsck(recordingFolder(context, shown));
  const { provable, findings, objects, diagnostics } = check;
  return {
    data: {
      recording: shown,
      sound: isSound(check),
      provable: { ...provable },
      findings: findings as unknown as JsonValue,
      objects: objects.size,
    },
    diagnostics,
    text: paint => summary(shown, check, paint),
  };
}

function isSound({ diagnostics }: Check): boolean {
  return diagnostics.every(({ severity }) => severity !== 'error');
}

function summary(shown: string, check: Check, paint: Paint): string {
  const { records, frames, events, sealed, head } = check.provable;
  const verdict = isSound(check) ? paint.good('sound') : paint.bad('not sound');
  const end = sealed ? 'sealed' : 'not sealed';
  return [
    `${verdict} ${shown}`,
    `${paint.dim('proven')} ${records} records with ${frames} frames and ${events} events, ${end}; ${check.objects.size} objects`,
    `${paint.dim('head  ')} ${head}`,
  ].join('\n');
}
