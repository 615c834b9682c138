import { resolve } from 'node:path';
import { diagnose, Failure, fail } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { LIMITS } from '../../base/limits.ts';
import { catalogOf } from '../../kernel/binding.ts';
import type { TopicCheck } from '../../kernel/ingress.ts';
import { type Addition, addEvents, linesOf } from '../../kernel/ingress-append.ts';
import type { IngressLine } from '../../kernel/ingress-line.ts';
import { inputCheck } from '../../kernel/topic-check.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import { USUAL } from '../../store/flags.ts';
import { loadTrust } from '../../trust/store.ts';
import { diagnosticsOf } from '../../trust/verdict.ts';
import { verifyCapsule } from '../../trust/verify.ts';
import { appendDurably } from '../append-file.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { readNamed } from '../files.ts';
import { timeOption } from '../time-option.ts';
import { TRUST_OPTIONS, trustOptions } from '../trust-options.ts';
import { text } from '../values.ts';

export const publish: CommandSpec = {
  name: 'publish',
  summary: 'add events to an input, checked against the topics of the capsules that will take it',
  arguments: [
    {
      name: 'paths',
      help: 'capsule folders, or folders to look for capsules in',
      required: true,
      variadic: true,
    },
  ],
  options: [
    {
      name: 'input',
      short: 'i',
      value: 'FILE',
      help: 'the input to add to, for `vnes run --input`; - prints the lines',
    },
    { name: 'topic', value: 'TOPIC', help: 'topic of the event' },
    { name: 'payload', value: 'JSON', help: 'its payload' },
    { name: 'key', value: 'TEXT', help: 'its key' },
    {
      name: 'time',
      value: 'TIME',
      help: 'its time in UTC, such as 2027-01-31T00:00:00Z; by default the present',
    },
    {
      name: 'id',
      value: 'TEXT',
      help: 'your name for it: an event whose id is there already is not added again',
    },
    {
      name: 'events',
      value: 'FILE',
      help: 'add these events, one JSON object a line; - reads standard input',
    },
    ...TRUST_OPTIONS,
  ],
  examples: [
    `vnes bus publish ./capsules --input events.ndjson --topic telemetry.metrics.v1 --payload '{"load": 0.7}' --id m-1`,
    'vnes bus publish ./capsules --input events.ndjson --events more.ndjson',
  ],
  run: publishCommand,
};

async function publishCommand(
  context: Context,
  paths: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const input = text(options.input) ?? missing('--input FILE, the input to add to');
  const events = await eventsOf(context, options);
  const rules = { check: await checkOf(context, paths, options), now: context.ports.clock.now() };
  const compose = (bytes: Uint8Array) => addEvents({ name: input, bytes }, events, rules);
  if (input === '-') return printed(compose(new Uint8Array()));
  return appended(appendDurably(resolve(context.ports.env.cwd, input), input, compose), input);
}

function printed({ text: lines }: Addition): Result {
  return { data: { lines }, diagnostics: [], text: () => '', lines: lines.trimEnd().split('\n') };
}

function appended({ added, known, total }: Addition, input: string): Result {
  return {
    data: { input, added, known, total },
    diagnostics: [],
    text: paint =>
      `${paint.bold(`${added} added`)} to ${input}, ${known} there already, ${total} in all ${paint.dim(`next: vnes run ... --input ${input}`)}`,
  };
}

/** What is to be published: the one event of the options, or those of a file. */
async function eventsOf(context: Context, options: OptionValues): Promise<readonly IngressLine[]> {
  const file = text(options.events);
  const topic = text(options.topic);
  const payload = text(options.payload);
  const alone = ['topic', 'payload', 'key', 'time', 'id'].find(name => options[name] !== undefined);
  if (file !== undefined) {
    if (alone !== undefined) both(alone);
    const lines = linesOf(await readNamed(context, file));
    return lines.length > 0 ? lines : fail('VNES1106', 'there is no event to publish', { place: { file } });
  }
  if (topic === undefined || payload === undefined) return missing('--topic and --payload, or --events FILE');
  const [key, id, time] = [text(options.key), text(options.id), timeOption(options, 'time')];
  return [
    {
      topic,
      payload: parseJson(payload, { file: '--payload', maxBytes: LIMITS.payloadBytes }),
      ...(key === undefined ? {} : { key }),
      ...(id === undefined ? {} : { id }),
      ...(time === undefined ? {} : { time }),
    },
  ];
}

/** The topics of capsules that are admitted: what an unsigned schema lets pass proves nothing. */
async function checkOf(
  { ports }: Context,
  paths: readonly string[],
  options: OptionValues,
): Promise<TopicCheck> {
  const folders = await discoverCapsules(paths, ports.env.cwd);
  const trust = await loadTrust({ ...trustOptions(options), capsules: folders }, ports);
  const verified = folders.map(folder => {
    const found = verifyCapsule(resolve(ports.env.cwd, folder), folder, trust, {
      keepBytes: LIMITS.documentBytes,
    });
    return { folder, ...found };
  });
  const refused = verified.filter(({ capsule }) => !capsule);
  if (refused.length > 0) {
    throw new Failure(
      diagnose(
        'VNES3101',
        `nothing was published: ${refused.length} of ${folders.length} capsules are quarantined`,
        {
          found: refused.map(({ folder }) => folder).join(', '),
          help: 'vnes verify says why',
        },
      ),
      ...refused.flatMap(({ verdict }) => diagnosticsOf(verdict.checks)),
    );
  }
  return inputCheck(
    await catalogOf(
      verified.flatMap(({ capsule }) => capsule ?? []),
      USUAL,
    ),
  );
}

function missing(expected: string): never {
  return fail('VNES9007', 'an option is missing', { expected });
}

function both(name: string): never {
  return fail('VNES9006', `--events and --${name} exclude each other`, { expected: 'one of the two' });
}
