import { canonicalJson } from '../../base/canonical.ts';
import type { JsonValue } from '../../base/json.ts';
import type { LoggedEvent } from '../../bus/query.ts';
import { droppedBefore } from '../../lab/open.ts';
import { tail as events } from '../../lab/tail.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { droppedHistory, recordingFolder } from '../recording.ts';
import { texts, wholeNumber } from '../values.ts';

export const tail: CommandSpec = {
  name: 'tail',
  summary: 'print events of a recording as they become durable, until its seal',
  arguments: [
    { name: 'recording', help: 'folder of a recording, which may still be written', required: true },
  ],
  options: [
    {
      name: 'topic',
      value: 'TOPIC',
      help: 'only events of this topic; may be given several times',
      multiple: true,
    },
    { name: 'from', value: 'N', help: 'start with event N', default: '0' },
    { name: 'limit', value: 'N', help: 'end after N events' },
  ],
  examples: ['vnes bus tail .vnes/runs/0001 --topic telemetry.metrics.v1'],
  run: tailCommand,
};

async function tailCommand(
  context: Context,
  [shown = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { clock } = context.ports;
  const dir = recordingFolder(context, shown);
  const limit = wholeNumber('limit', 1, options) ?? Number.POSITIVE_INFINITY;
  const selection = { topics: texts(options.topic), from: wholeNumber('from', 0, options) ?? 0 };
  const kept: LoggedEvent[] = [];
  let count = 0;
  for await (const event of events(dir, selection, clock)) {
    count += 1;
    if (options.json === true) kept.push(event);
    else if (!context.line(canonicalJson(event as unknown as JsonValue))) break;
    if (count >= limit) break;
  }
  const dropped = droppedBefore(dir);
  return {
    data: { events: kept as unknown as JsonValue },
    diagnostics: dropped ? [droppedHistory(shown, dropped)] : [],
    text: paint => paint.dim(`${count} events`),
    lines: [],
  };
}
