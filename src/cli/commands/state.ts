import { canonicalJson } from '../../base/canonical.ts';
import { fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { resolvePoint } from '../../state/point.ts';
import { type Change, diffBetween, historyOf, scanAt, type Version, versionAt } from '../../state/query.ts';
import { type Link, whyOf } from '../../state/why.ts';
import type { RecordingIndex } from '../../store/index.ts';
import type { ArgumentSpec, CommandSpec, Context, OptionValues, Paint, Result } from '../command.ts';
import { askRecording } from '../recording.ts';
import { AT, text } from '../values.ts';

const RECORDING: ArgumentSpec = { name: 'recording', help: 'folder of a recording', required: true };
const KEY: ArgumentSpec = { name: 'key', help: 'key of the state', required: true };
type Answer = (index: RecordingIndex, words: readonly string[], options: OptionValues) => Result;

export const command: CommandSpec = {
  name: 'state',
  summary: 'read the state of a recording as of any event',
  arguments: [],
  options: [],
  examples: [
    'vnes state get .vnes/runs/0001 user.me.hello/count --at 7',
    'vnes state diff .vnes/runs/0001 --at 3 --to end',
  ],
  commands: [
    {
      name: 'get',
      summary: 'print the value of a key',
      arguments: [RECORDING, KEY],
      options: [AT],
      examples: ['vnes state get .vnes/runs/0001 user.me.hello/count --at telemetry.metrics.v1/0/12'],
      run: asking(get),
    },
    {
      name: 'history',
      summary: 'print every version of a key',
      arguments: [RECORDING, KEY],
      options: [],
      examples: ['vnes state history .vnes/runs/0001 user.me.hello/count'],
      run: asking(history),
    },
    {
      name: 'scan',
      summary: 'print all entries whose key starts with a prefix',
      arguments: [RECORDING, { name: 'prefix', help: 'start of the keys; all keys without it' }],
      options: [AT],
      examples: ['vnes state scan .vnes/runs/0001 user.me.hello/ --at 7'],
      run: asking(scan),
    },
    {
      name: 'diff',
      summary: 'print what changed between two points',
      arguments: [RECORDING],
      options: [
        { ...AT, default: 'start' },
        { ...AT, name: 'to' },
      ],
      examples: ['vnes state diff .vnes/runs/0001 --at 3 --to 7'],
      run: asking(diff),
    },
    {
      name: 'why',
      summary: 'walk back from the value of a key to the input that caused it',
      arguments: [RECORDING, KEY],
      options: [AT],
      examples: ['vnes state why .vnes/runs/0001 user.me.hello/count --at frame:12'],
      run: asking(why),
    },
  ],
};

function asking(
  answer: Answer,
): (context: Context, args: readonly string[], options: OptionValues) => Promise<Result> {
  return (context, [shown = '', ...words], options) =>
    askRecording(context, shown, index => answer(index, words, options));
}

function get({ database }: RecordingIndex, [key = '']: readonly string[], options: OptionValues): Result {
  const { at, shown } = eventOption(database, options, 'at', 'end');
  const version = versionAt(database, key, at) ?? noValue(key, shown);
  return { data: { ...version, at: shown }, diagnostics: [], text: () => canonicalJson(version.value) };
}

function history({ database }: RecordingIndex, [key = '']: readonly string[]): Result {
  const versions = historyOf(database, key);
  if (versions.length === 0)
    return noSuchKey(`the key ${JSON.stringify(key)} was never written`, 'a key of the recording', key);
  return {
    data: { key, versions: versions as unknown as JsonValue },
    diagnostics: [],
    text: paint => versions.map(version => versionLine(version, paint)).join('\n'),
  };
}

function scan({ database }: RecordingIndex, [prefix = '']: readonly string[], options: OptionValues): Result {
  const { at, shown } = eventOption(database, options, 'at', 'end');
  const entries = scanAt(database, prefix, at);
  if (entries.length === 0) {
    return noSuchKey(
      `no key starts with ${JSON.stringify(prefix)} at ${shown}`,
      'a prefix of a key that has a value there',
      prefix,
    );
  }
  return {
    data: { prefix, at: shown, entries: entries as unknown as JsonValue },
    diagnostics: [],
    text: paint => entries.map(({ key, value }) => `${paint.bold(key)} ${canonicalJson(value)}`).join('\n'),
  };
}

function diff({ database }: RecordingIndex, _words: readonly string[], options: OptionValues): Result {
  const from = eventOption(database, options, 'at', 'start');
  const to = eventOption(database, options, 'to', 'end');
  const changes = diffBetween(database, from.at, to.at);
  return {
    data: { at: from.shown, to: to.shown, changes: changes as unknown as JsonValue },
    diagnostics: [],
    text: paint =>
      changes.length === 0
        ? `nothing changed between ${from.shown} and ${to.shown}`
        : changes.map(change => changeLines(change, paint)).join('\n'),
  };
}

function why({ database }: RecordingIndex, [key = '']: readonly string[], options: OptionValues): Result {
  const { at, shown } = eventOption(database, options, 'at', 'end');
  const { version, links } = whyOf(database, key, at) ?? noValue(key, shown);
  return {
    data: { at: shown, version, links } as unknown as JsonValue,
    diagnostics: [],
    text: paint =>
      [
        `${paint.bold(key)} ${canonicalJson(version.value)}`,
        `  version ${version.version}, written by ${version.writer} in frame ${version.frame} for event ${version.cause}`,
        ...links.map((link, index) => linkLine(link, links[index + 1], paint)),
      ].join('\n'),
  };
}

function linkLine(link: Link, before: Link | undefined, paint: Paint): string {
  const { seq, topic, partition, offset, payload, source, frame } = link;
  const origin = before
    ? `published by ${source} in frame ${frame} for event ${before.seq}`
    : `from outside (${source}), frame ${frame}`;
  return `${paint.bold(`event ${seq}`)} ${topic}/${partition}/${offset} ${canonicalJson(payload)}\n  ${paint.dim(origin)}`;
}

function noValue(key: string, shown: string): never {
  return noSuchKey(
    `the key ${JSON.stringify(key)} has no value at ${shown}`,
    'a key that has a value there',
    key,
  );
}

function eventOption(
  database: RecordingIndex['database'],
  options: OptionValues,
  name: string,
  otherwise: string,
) {
  const shown = text(options[name]) ?? otherwise;
  return { at: resolvePoint(database, shown), shown };
}

function noSuchKey(message: string, expected: string, found: string): never {
  return fail('VNES7011', message, {
    expected,
    found: JSON.stringify(found),
    help: 'list the keys with `vnes state scan DIR`',
  });
}

function versionLine({ version, value, writer, cause, frame }: Version, paint: Paint): string {
  const shown = value === null ? paint.bad('deleted') : canonicalJson(value);
  return `${paint.bold(`v${version}`)} ${shown} ${paint.dim(`by ${writer}, event ${cause}, frame ${frame}`)}`;
}

function changeLines({ key, from, to }: Change, paint: Paint): string {
  const lines = [paint.bold(key)];
  if (from !== undefined) lines.push(`  ${paint.bad(`- ${canonicalJson(from)}`)}`);
  if (to !== undefined) lines.push(`  ${paint.good(`+ ${canonicalJson(to)}`)}`);
  return lines.join('\n');
}
