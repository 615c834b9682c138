import { cpSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { type JsonObject, parseJson } from '../../src/base/json.ts';
import { compileSchema } from '../../src/bus/schema.ts';
import { FIGURES_TOPIC, KERNEL_TOPICS, STRATEGY_TOPIC } from '../../src/bus/steering.ts';
import { parseManifest } from '../../src/capsule/parse.ts';
import { parseInvariants } from '../../src/kernel/invariants/file.ts';
import { prepareInvariants } from '../../src/kernel/invariants/prepare.ts';
import { parsePolicy } from '../../src/trust/policy/parse.ts';
import { readTrustFile } from '../../src/trust/store.ts';
import { probeManifest } from '../kernel/manifest.ts';
import { pythonSpec, startPython } from '../python/python.ts';
import { scripts } from '../sandbox/probe.ts';
import { copyOf, emptyWorkshop, prepareEmpty, vnes, type Workshop } from './workshop.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The blocks of a document in a language. */
function blocks(file: string, language: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].flatMap(([, name, block = '']) =>
    name === language ? [block] : [],
  );
}

/** Members without braces round them are part of a document that is not shown. */
function inBraces(block: string): string {
  return block.startsWith('{') ? block : `{${block}}`;
}

/** A manifest with these members, or with these interfaces. */
async function manifestWith(block: string): Promise<void> {
  const shown = parseJson(inBraces(block)) as JsonObject;
  const interfaces = ['bus', 'rpc'].some(name => name in shown) ? shown : (shown.interfaces as JsonObject);
  const base = probeManifest('user.ada.shown');
  const whole = { ...base, ...('interfaces' in shown || !interfaces ? shown : {}) };
  const document = { ...whole, interfaces: { ...base.interfaces, ...interfaces } };
  const manifest = parseManifest(Buffer.from(JSON.stringify(document)), 'manifest.json');
  await prepareInvariants([{ manifest }]);
}

/** A payload of a topic of the kernel. */
function payloadOn(topic: string): (block: string) => Promise<void> {
  return async block => {
    const { bytes } = KERNEL_TOPICS.find(each => each.topic === topic)!.schemas![0]!;
    expect((await compileSchema(bytes))(parseJson(block))).toEqual([]);
  };
}

async function invariantsFile(block: string): Promise<void> {
  await prepareInvariants([], parseInvariants(Buffer.from(block), 'invariants.json'));
}

async function trustFile(block: string): Promise<void> {
  const shop = emptyWorkshop();
  shop.write('trust.json', block);
  expect(readTrustFile(shop.at('trust.json'))).toHaveLength(1);
}

type Shown = (block: string) => Promise<void> | void;

/** What each block of JSON is; one without a row is an example that nothing holds true. */
const JSON_BLOCKS: Readonly<Record<string, readonly Shown[]>> = {
  'docs/bus.md': [manifestWith, manifestWith, payloadOn(FIGURES_TOPIC), payloadOn(STRATEGY_TOPIC)],
  'docs/capsule.md': [manifestWith],
  'docs/lab.md': [manifestWith, invariantsFile],
  'docs/policy.md': [block => void parsePolicy(parseJson(block), Buffer.from(block), 'policy.json')],
  'docs/receipts.md': [trustFile],
  'docs/sandbox.md': [manifestWith],
};

test('every block of JSON in the documents is what it is said to be', async () => {
  const files = globSync(['*.md', 'docs/*.md'], { cwd: ROOT }).sort();
  const found = files
    .map(file => [file, blocks(file, 'json')] as const)
    .filter(([, list]) => list.length > 0);
  expect(found.map(([file, list]) => [file, list.length])).toEqual(
    Object.entries(JSON_BLOCKS).map(([file, rows]) => [file, rows.length]),
  );
  for (const [file, list] of found)
    for (const [index, block] of list.entries()) await JSON_BLOCKS[file]![index]!(block);
});

test('docs/capsule.md: the example in Python does what it says', async () => {
  const [main] = blocks('docs/capsule.md', 'python');
  const access = { owns: ['user.ada.counter/'], reads: [] };
  const spec = pythonSpec({ 'impl/src/main.py': main! }, { access, publishes: ['count.v1'] });
  const instance = await startPython('system', spec);
  try {
    expect(await instance.init()).toMatchObject({ kind: 'ok' });
    const [first, second] = await instance.handle(scripts('a', 'b'));
    const effects = (count: number, key: string) => ({
      kind: 'ok',
      effects: {
        published: [{ topic: 'count.v1', key, payload: { count } }],
        writes: [{ key: 'user.ada.counter/count', value: count }],
      },
    });
    expect([first, second]).toMatchObject([effects(1, 'a'), effects(2, 'b')]);
  } finally {
    await instance.stop();
  }
});

const BANK = `
import { Json } from './json';
import { Event, publish, Result, state } from './vnes';
export function init(config: string): Result { return Result.ok(); }
export function serve(method: string, payload: string): Result { return Result.error('no methods'); }
export function handle(event: Event): Result {
  if (event.topic != 'bank.transfer.v1') return Result.ok();
  state.put('bank/balance', Json.parse(event.payload).get('amount').toString()).unwrap();
  return publish('bank.booked.v1', event.payload);
}
`;

describe('the commands', () => {
  let bank: Workshop;
  beforeAll(async () => {
    bank = await prepareEmpty(async shop => {
      const [invariants] = blocks('docs/lab.md', 'json');
      const folder = 'capsules/bank';
      cpSync(join(ROOT, 'templates/wasm-ts/impl/src'), shop.at(folder, 'impl/src'), { recursive: true });
      shop.write(`${folder}/impl/src/main.ts`, BANK);
      shop.write(`${folder}/spec/logic.md`, '# bank\n');
      const bus = {
        subscribes: [{ topic: 'bank.transfer.v1' }, { topic: 'telemetry.metrics.v1' }],
        publishes: [{ topic: 'bank.booked.v1' }],
      };
      const shown = parseJson(invariants!) as { interfaces: JsonObject };
      const interfaces = { wasm: 'impl/capsule.wasm', bus, state: { owns: ['bank/'] }, ...shown.interfaces };
      shop.write(`${folder}/manifest.json`, JSON.stringify({ ...probeManifest('local.bank'), interfaces }));
      for (const words of [
        ['keys', 'create', '--no-passphrase'],
        ['build', 'capsules'],
        ['sign', 'capsules'],
      ])
        expect((await vnes(shop, words)).status).toBe(0);
    });
  }, 120_000);

  /** A workshop of its own with four transfers in `events.ndjson`. */
  function open(): Workshop {
    const shop = copyOf(bank);
    const lines = [1, 2, 3, 4].map(amount => ({
      topic: 'bank.transfer.v1',
      time: amount * 1000,
      payload: { amount },
    }));
    shop.write('events.ndjson', lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    return shop;
  }

  /** Command lines of all blocks, in order. */
  function commands(file: string): readonly (readonly string[])[] {
    return blocks(file, 'sh').flatMap(block =>
      block
        .trim()
        .split('\n')
        .map(line => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!)),
    );
  }

  test('of docs/lab.md find what they say, one after the other', async () => {
    const shop = open();
    shop.write('invariants.json', blocks('docs/lab.md', 'json')[1]!);
    const said: [words: string, status: number | null, text: string][] = [];
    for (const words of commands('docs/lab.md')) {
      const { status, stdout, stderr } = await vnes(shop, words.slice(1));
      said.push([words.slice(1, 3).join(' '), status, stdout + stderr]);
    }
    expect(said).toEqual([
      ['run ./capsules', 0, expect.stringContaining('invariants  3 hold')],
      ['lab seeds', 1, expect.stringMatching(/^recording {3}\.vnes\/runs\/0002, of seed \d+$/m)],
      ['lab shrink', 0, expect.stringContaining('1 of 4 events are left')],
    ]);
  }, 120_000);

  test('of docs/bus.md add to an input and run it', async () => {
    const shop = open();
    const more = { topic: 'telemetry.metrics.v1', time: 5_000_000_000_000, payload: { load: 0.8 } };
    shop.write('more.ndjson', `${JSON.stringify(more)}\n`);
    for (const words of commands('docs/bus.md')) {
      const { status, stderr } = await vnes(shop, words.slice(1));
      expect(status, `${words.join(' ')}\n${stderr}`).toBe(0);
    }
    expect(shop.read('events.ndjson').trim().split('\n')).toHaveLength(6);
    expect((await vnes(shop, ['bus', 'topics', '.vnes/runs/0001'])).stdout).toContain('telemetry.metrics.v1');
  }, 120_000);

  test('of docs/recording.md are answered', async () => {
    const shop = open();
    const dir = 'recording';
    await vnes(shop, ['run', 'capsules', '--input', 'events.ndjson', '--record', dir]);
    const meant: Readonly<Record<string, string>> = {
      DIR: dir,
      KEY: 'bank/balance',
      PREFIX: 'bank/',
      POINT: 'end',
      TOPIC: 'bank.booked.v1',
      N: '1',
    };
    for (const words of commands('docs/recording.md').filter(([program]) => program === 'vnes')) {
      const { status, stdout, stderr } = await vnes(
        shop,
        words.slice(1).map(word => meant[word] ?? word),
      );
      expect(status, `${words.join(' ')}\n${stderr}`).toBe(0);
      if (words[2] !== 'diff') expect(stdout, words.join(' ')).not.toBe('');
    }
    const [, file = '', query = ''] = commands('docs/recording.md').find(
      ([program]) => program === 'sqlite3',
    )!;
    using index = new DatabaseSync(shop.at(file.replace('DIR', dir)), { readOnly: true });
    expect(index.prepare(query).all()).toMatchObject([
      { topic: 'bank.booked.v1', events: 4 },
      { topic: 'bank.transfer.v1', events: 4 },
    ]);
  }, 120_000);
});
