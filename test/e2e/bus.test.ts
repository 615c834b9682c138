import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, prepare, vnes } from './workshop.ts';

const prepared = await prepare();
const COUNT = ['--topic', 'probe.order.v1', '--payload', '{"do":"count"}'];

test('what is published once or again is in the input once, and a run takes it', async () => {
  const shop = copyOf(prepared);
  const publish = (...more: string[]) =>
    vnes(shop, ['bus', 'publish', 'capsules', '--input', 'in.ndjson', ...more]);
  for (const id of ['m-1', 'm-2', 'm-1']) {
    const { status, stderr } = await publish(...COUNT, '--id', id);
    expect(status, stderr).toBe(0);
  }
  expect(shop.read('in.ndjson').trim().split('\n')).toHaveLength(2);
  shop.write(
    'more.ndjson',
    `${JSON.stringify({ topic: 'probe.order.v1', payload: { do: 'count' }, id: 'm-3' })}\n`,
  );
  const { stdout } = await publish('--events', 'more.ndjson', '--json');
  expect(JSON.parse(stdout).data).toEqual({ input: 'in.ndjson', added: 1, known: 0, total: 3 });
  const before = shop.read('in.ndjson');
  for (const [code, ...words] of [
    ['VNES1102', '--topic', 'probe.order.v1', '--payload', '{}'],
    ['VNES1102', '--topic', 'nobody.takes.v1', '--payload', '{}'],
    ['VNES1104', '--topic', 'probe.order.v1', '--payload', '{"do":"trap"}', '--id', 'm-1'],
    ['VNES9007', '--topic', 'probe.order.v1'],
    ['VNES9006', '--events', 'more.ndjson', '--key', 'k'],
  ]) {
    expect(JSON.parse((await publish(...words, '--json')).stdout).diagnostics[0].code).toBe(code);
  }
  writeFileSync(shop.at('in.ndjson.lock'), '');
  expect(JSON.parse((await publish(...COUNT, '--json')).stdout).diagnostics[0].code).toBe('VNES1107');
  expect(shop.read('in.ndjson')).toBe(before);
  const run = await vnes(shop, ['run', 'capsules', '--input', 'in.ndjson', '--json']);
  expect(JSON.parse(run.stdout).data).toMatchObject({ ingress: 3, outputs: 3 });
});

test('lines go to standard output where the input is -, and refused capsules take nothing', async () => {
  const shop = copyOf(prepared);
  const { stdout } = await vnes(shop, [
    'bus',
    'publish',
    'capsules',
    '--input',
    '-',
    ...COUNT,
    '--time',
    '2027-01-31T00:00:00Z',
  ]);
  expect(stdout).toBe('{"payload":{"do":"count"},"time":1801353600000,"topic":"probe.order.v1"}\n');
  shop.write('capsules/probe/spec/logic.md', 'changed\n');
  const changed = await vnes(shop, ['bus', 'publish', 'capsules', '--input', 'x', ...COUNT, '--json']);
  expect(JSON.parse(changed.stdout).diagnostics[0].code).toBe('VNES3101');
});

test('tail prints what becomes durable, and ends at the seal', async () => {
  const shop = copyOf(prepared);
  const log = await vnes(shop, ['bus', 'log', 'recording']);
  const journal = shop.bytes('recording/journal/00000001.vnj');
  mkdirSync(shop.at('growing/journal'), { recursive: true });
  const segment = shop.at('growing/journal/00000001.vnj');
  writeFileSync(segment, journal.subarray(0, journal.length - 400));
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../bin/vnes.js'), 'bus', 'tail', 'growing'],
    {
      cwd: shop.cwd,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let printed = '';
  child.stdout.on('data', chunk => {
    printed += chunk;
    writeFileSync(segment, journal);
  });
  const status = await new Promise(done => child.on('close', done));
  expect([status, printed]).toEqual([0, log.stdout]);
  const some = ['bus', 'tail', 'recording', '--topic', 'probe.out.v1', '--from', '1', '--limit', '2'];
  const { stdout } = await vnes(shop, [...some, '--json']);
  const { events } = JSON.parse(stdout).data as { events: { topic: string; seq: number }[] };
  expect(events.map(({ topic }) => topic)).toEqual(['probe.out.v1', 'probe.out.v1']);
  expect(readFileSync(segment).equals(journal)).toBe(true);
});
