import { canonicalJson } from '../../base/canonical.ts';
import { fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { eventsOf, type TopicSummary, topicsOf } from '../../bus/query.ts';
import type { ArgumentSpec, CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { askRecording } from '../recording.ts';
import { text, wholeNumber } from '../values.ts';
import { publish } from './bus-publish.ts';
import { tail } from './bus-tail.ts';

const RECORDING: ArgumentSpec = { name: 'recording', help: 'folder of a recording', required: true };

export const command: CommandSpec = {
  name: 'bus',
  summary: 'read the event log of a recording, follow one that is written, add events to an input',
  arguments: [],
  options: [],
  examples: [
    'vnes bus topics .vnes/runs/0001',
    'vnes bus log .vnes/runs/0001 --topic telemetry.metrics.v1 --limit 5',
  ],
  commands: [
    {
      name: 'log',
      summary: 'print events, one JSON object a line, in the order in which they became true',
      arguments: [RECORDING],
      options: [
        { name: 'topic', value: 'TOPIC', help: 'only events of this topic' },
        { name: 'from', value: 'N', help: 'start with event N', default: '0' },
        { name: 'limit', value: 'N', help: 'at most N events' },
      ],
      examples: ['vnes bus log .vnes/runs/0001 --from 100 --limit 1'],
      run: log,
    },
    {
      name: 'topics',
      summary: 'print the topics with their partitions and numbers of events',
      arguments: [RECORDING],
      options: [],
      examples: ['vnes bus topics .vnes/runs/0001'],
      run: topics,
    },
    tail,
    publish,
  ],
};

function log(context: Context, [shown = '']: readonly string[], options: OptionValues): Promise<Result> {
  const selection = {
    topic: text(options.topic),
    from: wholeNumber('from', 0, options),
    limit: wholeNumber('limit', 1, options),
  };
  return askRecording(context, shown, ({ database }) => {
    const events = eventsOf(database, selection);
    if (events.length === 0) refuseNothing(selection.from);
    return {
      data: { events: events as unknown as JsonValue },
      diagnostics: [],
      text: paint => paint.dim(`${events.length} events`),
      lines: events.map(event => canonicalJson(event as unknown as JsonValue)),
    };
  });
}

function topics(context: Context, [shown = '']: readonly string[]): Promise<Result> {
  return askRecording(context, shown, ({ database }) => {
    const found = topicsOf(database);
    if (found.length === 0) refuseNothing(0);
    return {
      data: { topics: found as unknown as JsonValue },
      diagnostics: [],
      text: paint => found.map(topic => topicLine(topic, paint)).join('\n'),
    };
  });
}

function topicLine({ topic, partitions, events, first, last }: TopicSummary, paint: Paint): string {
  return `${paint.bold(topic)} ${paint.dim(`events ${events}, partitions ${partitions}, first ${first}, last ${last}`)}`;
}

/** Nothing to show is a negative answer, never an empty success. */
function refuseNothing(from = 0): never {
  fail('VNES7012', 'the recording has no event to show', {
    expected: `an event from number ${from} on`,
    found: 'none',
    help: 'see what there is with `vnes bus topics DIR`',
  });
}
