import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { isEmpty } from '../../src/lab/difference.ts';
import { whatIf } from '../../src/lab/what-if.ts';
import { runCli, runJson } from '../cli/run.ts';
import { probeManifest, room, runOrders, type Workshop, workshop } from '../kernel/network.ts';

let shop: Workshop;
let recording: string;

beforeAll(async () => {
  shop = await workshop();
  const orders = ['count', 'error', 'count', 'count', 'count'].map(word => ({ do: word }));
  const folders = [shop.add('test.one'), shop.add('test.two')];
  ({ recording } = await runOrders(shop, folders, orders, { frameIngress: 2 }));
});

const { interfaces, runtime } = probeManifest('test.one');

function asked(change: Partial<Manifest>, id = 'test.one') {
  const folder = shop.add(id, { version: '2.0.0', ...change });
  return whatIf({
    dir: recording,
    folders: [folder],
    cwd: shop.dir,
    trust: shop.trust,
    cacheDir: join(shop.dir, 'cache'),
    clock: hostPorts().clock,
  });
}

test('the same code would have done the same', async () => {
  const { difference, swaps, refused } = await asked({});
  expect(isEmpty(difference)).toBe(true);
  expect([swaps, refused]).toEqual([[{ id: 'test.one', was: '1.0.0', is: '2.0.0' }], []]);
});

test('what each capsule took of fuel and time is told, of both versions', async () => {
  const same = await asked({});
  expect(same.costs.map(({ capsule, was, is }) => [capsule, was?.deliveries, is?.deliveries])).toEqual([
    ['test.one', 5, 5],
    ['test.two', 5, 5],
  ]);
  for (const { was, is } of same.costs) {
    expect(was!.fuel).toBeGreaterThan(0);
    expect([is!.fuel, is!.milliseconds > 0]).toEqual([was!.fuel, true]);
  }
  const config = { prefix: `test.one/${'x'.repeat(400)}/` };
  const { costs } = await asked({ runtime: { ...runtime, config } });
  const [one, two] = costs;
  expect(one!.is!.fuel).toBeGreaterThan(one!.was!.fuel);
  expect(two!.is!.fuel).toBe(two!.was!.fuel);
});

test('other keys are told, and nothing of the capsule beside it', async () => {
  const { difference } = await asked({ runtime: { ...runtime, config: { prefix: 'test.one/new/' } } });
  expect(difference).toEqual({
    added: [],
    removed: [],
    changed: [],
    outcomes: [],
    keys: [
      { key: 'test.one/count', was: 4 },
      { key: 'test.one/new/count', is: 4 },
    ],
  });
});

test('a version that breaks down loses its events, by what brought them about', async () => {
  const { difference } = await asked({ interfaces: { ...interfaces!, state: { owns: ['elsewhere/'] } } });
  expect(difference.removed.map(({ source, input, payload }) => [source, input, payload])).toEqual([
    ['test.one', 'input 0', { n: 1 }],
    ['test.one', 'input 2', { n: 2 }],
    ['test.one', 'input 3', { n: 3 }],
    ['test.one', 'input 4', { n: 4 }],
  ]);
  expect([difference.added, difference.changed]).toEqual([[], []]);
  expect(difference.outcomes.map(({ capsule, was, is }) => [capsule, was.ok, is.ok])).toEqual([
    ['test.one', 4, 0],
  ]);
});

test('input that the new version does not take is named, and the rest keeps its number', async () => {
  const subscribes = [{ topic: 'probe.order.v1', schema: 'spec/schemas/out.json' }];
  const alone = await runOrders(shop, [shop.add('test.one')], [{ do: 'count' }, { do: 'count', n: 1 }]);
  const folder = shop.add('test.one', {
    interfaces: { ...interfaces!, bus: { ...interfaces!.bus!, subscribes } },
  });
  const { refused, difference } = await whatIf({
    dir: alone.recording,
    folders: [folder],
    cwd: shop.dir,
    trust: shop.trust,
    cacheDir: join(shop.dir, 'cache'),
    clock: hostPorts().clock,
  });
  expect(refused).toEqual([{ input: 0, reason: expect.stringContaining('probe.order.v1') }]);
  expect(difference.removed.map(({ input }) => input)).toEqual(['input 0']);
  expect(difference.changed.map(({ was, is }) => [was.input, was.payload, is.payload])).toEqual([
    ['input 1', { n: 2 }, { n: 1 }],
  ]);
});

test.each([
  ['a capsule that took no part', 'test.three', {}, 'VNES8104'],
  ['a capsule that is not admitted', 'other.one', {}, 'VNES3001'],
])('%s is refused', async (_, id, change, code) => {
  await expect(asked(change, id)).rejects.toThrow(code);
});

test('the command tells it, as text and as JSON, and writes nothing', async () => {
  const folder = shop.add('test.one', { runtime: { ...runtime, config: { prefix: 'test.one/new/' } } });
  const words = [
    'replay',
    recording,
    '--with',
    folder,
    '--trust',
    join(shop.dir, 'trust.json'),
    '-C',
    room(),
  ];
  const { stdout, status } = await runCli(words);
  expect(status).toBe(0);
  expect(stdout).toContain('2 keys changed\n  ~ test.one/count: 4 -> nothing');
  expect(stdout).toMatch(
    /test\.one a delivery: fuel \d+ -> \d+ \(\+[\d.]+ %\), [\d.]+ -> [\d.]+ \([+-][\d.]+ %\) ms/,
  );
  expect(stdout).not.toContain('test.two a delivery');
  expect(await runJson(words)).toMatchObject({
    exitCode: 0,
    data: {
      difference: { keys: [{ was: 4 }, { is: 4 }] },
      costs: [{ capsule: 'test.one', is: { deliveries: 5 } }, { capsule: 'test.two' }],
    },
  });
  expect(await runJson([...words, '--only', 'test.one'])).toMatchObject({
    exitCode: 2,
    diagnostics: [{ code: 'VNES9006' }],
  });
});
