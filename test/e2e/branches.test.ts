import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { copyOf, orders, prepare, vnes, type Workshop } from './workshop.ts';

let prepared: Workshop;
beforeAll(async () => {
  prepared = await prepare();
}, 120_000);

/** The command lines of the n-th block of a document. */
function block(file: string, number: number): string[][] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', file), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, lines = '']) =>
    lines.trim().split('\n'),
  );
  return blocks[number]!.map(line => line.split(' ').slice(1));
}

function inputs(shop: Workshop): void {
  shop.write('events.ndjson', orders('count', 'memory', 'count', 'memory'));
  const later = orders(...Array<string>(6).fill('count')).split('\n');
  shop.write('more.ndjson', later.slice(4).join('\n'));
}

test('the tour of docs/branches.md does what it says, as it is written', async () => {
  const shop = copyOf(prepared);
  rmSync(shop.at('recording'), { recursive: true });
  inputs(shop);
  for (const words of block('branches.md', 0)) {
    const framed =
      words[0] === 'run' && words.includes('--record') ? [...words, '--frame-events', '2'] : words;
    const { status, stderr } = await vnes(shop, framed);
    expect(status, `vnes ${words.join(' ')}\n${stderr}`).toBe(0);
  }
  const { stdout } = await vnes(shop, ['bus', 'log', 'elsewhere']);
  expect(stdout).toBe((await vnes(shop, ['bus', 'log', 'recording@fix'])).stdout);
}, 120_000);

test.each([
  ['the snapshots', 2],
  ['the compaction', 3],
])(
  'so do %s there',
  async (_, number) => {
    const shop = copyOf(prepared);
    rmSync(shop.at('recording'), { recursive: true });
    inputs(shop);
    for (const words of block('branches.md', number)) {
      const { status, stderr } = await vnes(shop, words);
      expect(status, `vnes ${words.join(' ')}\n${stderr}`).toBe(0);
    }
  },
  120_000,
);

test('a run that was cut off is resumed as docs/branches.md says, to the roots of the whole run', async () => {
  const shop = copyOf(prepared);
  inputs(shop);
  const record = (dir: string) =>
    vnes(shop, ['run', 'capsules', '--input', 'events.ndjson', '--record', dir, '--frame-events', '1']);
  await record('whole');
  await record('.vnes/runs/0001');
  const results = ['outputs.ndjson', 'report.json'];
  for (const name of results) rmSync(shop.at('.vnes/runs/0001', name));
  const journal = shop.bytes('.vnes/runs/0001/journal/00000001.vnj');
  truncateSync(shop.at('.vnes/runs/0001/journal/00000001.vnj'), journal.lastIndexOf('"type":"frame"') - 100);
  for (const words of block('branches.md', 1)) {
    const { status, stderr } = await vnes(shop, words);
    expect(status, `vnes ${words.join(' ')}\n${stderr}`).toBe(0);
  }
  const report = (dir: string) => JSON.parse(shop.read(`${dir}/report.json`)) as Record<string, unknown>;
  const whole = report('whole');
  const { logRoot, stateRoot, frames, events } = report('.vnes/runs/0001/branches/resumed');
  expect({ logRoot, stateRoot, frames, events }).toEqual({
    logRoot: whole.logRoot,
    stateRoot: whole.stateRoot,
    frames: whole.frames,
    events: whole.events,
  });
  const again = ['run', 'capsules', '--resume', '.vnes/runs/0001', '--input', 'events.ndjson'];
  expect((await vnes(shop, again)).stderr).toContain('VNES8060');
  expect(
    (await vnes(shop, ['run', 'capsules', '--resume', 'whole', '--input', 'events.ndjson'])).stderr,
  ).toContain('VNES8060');
}, 120_000);

test('an event with an id is taken once, also by a branch', async () => {
  const shop = copyOf(prepared);
  const line = (id: number) =>
    `${JSON.stringify({ topic: 'probe.order.v1', time: id, id: `e${id}`, payload: { do: 'count' } })}\n`;
  shop.write('two.ndjson', line(1) + line(2));
  shop.write('three.ndjson', line(1) + line(2) + line(3));
  await vnes(shop, ['run', 'capsules', '--input', 'two.ndjson', '--record', 'ids']);
  await vnes(shop, ['branch', 'create', 'b', 'ids']);
  const { stdout, stderr } = await vnes(shop, [
    'run',
    'capsules',
    '--from',
    'ids@b',
    '--input',
    'three.ndjson',
  ]);
  expect(
    stdout
      .trim()
      .split('\n')
      .map(text => JSON.parse(text).payload),
    stderr,
  ).toEqual([{ n: 3 }]);
  for (const words of [
    ['replay', 'ids@b'],
    ['fsck', 'ids@b'],
    ['fsck', 'ids'],
  ])
    expect((await vnes(shop, words)).status).toBe(0);
}, 120_000);

test('a run is resumed with its own input only, and goes on from a branch with its own settings only', async () => {
  const shop = copyOf(prepared);
  inputs(shop);
  truncateSync(
    shop.at('recording/journal/00000001.vnj'),
    shop.bytes('recording/journal/00000001.vnj').length - 30,
  );
  for (const name of ['outputs.ndjson', 'report.json']) rmSync(shop.at('recording', name));
  shop.write('other.ndjson', orders('count', 'memory', 'count'));
  const resumed = ['run', 'capsules', '--resume', 'recording', '--input'];
  expect((await vnes(shop, [...resumed, 'other.ndjson'])).stderr).toContain('VNES8061');
  expect((await vnes(shop, [...resumed, 'good.ndjson', '--seed', '3'])).stderr).toContain('VNES9006');
  expect((await vnes(shop, [...resumed, 'good.ndjson'])).status).toBe(0);
  await vnes(shop, ['branch', 'create', 'b', 'recording@resumed']);
  shop.write('early.ndjson', orders('count'));
  const early = await vnes(shop, ['run', 'capsules', '--from', 'recording@b', '--input', 'early.ndjson']);
  expect(early.stderr).toContain('VNES1103');
  expect((await vnes(shop, ['run', 'capsules', '--from', 'recording@b'])).status).toBe(0);
}, 120_000);

test('a run that is resumed is held to the invariants that it was held to before', async () => {
  const shop = copyOf(prepared);
  inputs(shop);
  const few = { name: 'few', expression: "topics['probe.order.v1'] < 2.0" };
  shop.write('few.json', JSON.stringify({ version: 1, invariants: [few] }));
  const run = ['run', 'capsules', '--input', 'events.ndjson', '--frame-events', '1'];
  await vnes(shop, [...run, '--invariants', 'few.json', '--record', 'cut']);
  for (const name of ['outputs.ndjson', 'report.json']) rmSync(shop.at('cut', name));
  const journal = shop.bytes('cut/journal/00000001.vnj');
  truncateSync(shop.at('cut/journal/00000001.vnj'), journal.lastIndexOf('"type":"frame"') - 100);
  const resumed = await vnes(shop, ['run', 'capsules', '--resume', 'cut', '--input', 'events.ndjson']);
  expect([resumed.status, resumed.stderr]).toEqual([1, expect.stringContaining('VNES8201')]);
  expect((await vnes(shop, ['replay', 'cut@resumed'])).status).toBe(1);
}, 60_000);

test('a run that is interrupted says how it goes on, and goes on like that', async () => {
  const shop = copyOf(prepared);
  shop.write('many.ndjson', orders(...Array<string>(4000).fill('count')));
  const words = ['run', 'capsules', '--input', 'many.ndjson', '--frame-events', '1', '--record', 'stopped'];
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../bin/vnes.js'), ...words], {
    cwd: shop.cwd,
    env: { PATH: process.env.PATH, HOME: shop.at('home'), XDG_CACHE_HOME: shop.cache },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  const journal = shop.at('stopped/journal/00000001.vnj');
  while ((statSync(journal, { throwIfNoEntry: false })?.size ?? 0) < 20_000) await sleep(5);
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([130, null]);
  const next = /go on with it: vnes (.*)/.exec(stderr)?.[1];
  expect(next).toBe('run capsules --resume stopped --input many.ndjson');
  expect((await vnes(shop, next!.split(' '))).status).toBe(0);
}, 60_000);

test('an index that somebody else wrote is found by fsck, and leads no branch out of the recording', async () => {
  const shop = copyOf(prepared);
  await vnes(shop, ['state', 'scan', 'recording']);
  const forge = (statement: string) => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(shop.at('recording/index.sqlite'));
    database.exec(statement);
    database.close();
    const bytes = shop.bytes('recording/index.sqlite');
    const sum = `${bytes.length} bytes, CRC-32 ${crc32(bytes).toString(16).padStart(8, '0')}`;
    const note = JSON.parse(shop.read('recording/index.json'));
    shop.write('recording/index.json', `${JSON.stringify({ ...note, file: sum })}\n`);
  };
  expect((await vnes(shop, ['fsck', 'recording'])).status).toBe(0);
  forge(`UPDATE versions SET value = '666'`);
  const { status, stderr } = await vnes(shop, ['fsck', 'recording']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('VNES8011')]);
  forge('DROP TABLE versions');
  const lost = await vnes(shop, ['state', 'scan', 'recording']);
  expect([lost.status, lost.stderr]).toEqual([1, expect.stringContaining('VNES8011')]);
  expect((await vnes(shop, ['fsck', 'recording'])).stderr).toContain('VNES8011');
  rmSync(shop.at('recording/index.sqlite'));
  await vnes(shop, ['state', 'scan', 'recording']);
  shop.write('victim/journal2/00000001.vnj', shop.bytes('recording/journal/00000001.vnj'));
  forge(`UPDATE frames SET segment = '../victim/journal2/00000001.vnj'`);
  const led = await vnes(shop, ['branch', 'create', 'out', 'recording', '--at', 'frame:0']);
  expect(led.status).toBe(1);
  expect(existsSync(shop.at('victim/branches'))).toBe(false);
}, 60_000);
