import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hostPorts } from '../../../src/base/host.ts';
import type { Manifest, StatedInvariant } from '../../../src/capsule/manifest.ts';
import { admit } from '../../../src/kernel/admission.ts';
import { failures } from '../../../src/kernel/report.ts';
import { UNDISTURBED } from '../../../src/kernel/timing.ts';
import { fsck } from '../../../src/lab/fsck.ts';
import { replay } from '../../../src/lab/replay.ts';
import { whatIf } from '../../../src/lab/what-if.ts';
import { diagnosticsOf } from '../../../src/trust/verdict.ts';
import { type CliReport, runCli, runJson } from '../../cli/run.ts';
import { probeManifest, room, runOrders, type Workshop, workshop } from '../network.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});

const COUNTS = ['count', 'count', 'count', 'count', 'count'].map(word => ({ do: word }));

function declaring(...invariants: readonly StatedInvariant[]): Partial<Manifest> {
  return { interfaces: { ...probeManifest('test.one').interfaces, invariants } };
}

/** A run of orders, and what its replay says of the same invariants. */
async function verdictsOf(change: Partial<Manifest>, orders: readonly object[] = COUNTS) {
  const { recording, invariants } = await runOrders(shop, [shop.add('test.one', change)], orders, {
    frameIngress: 2,
  });
  const again = await replay({ dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
  expect(again.invariants).toEqual(invariants);
  return { recording, verdicts: invariants };
}

describe('an invariant', () => {
  test('sees the state, the events and the time of each frame, and at the end the whole', async () => {
    const seen: Readonly<Record<string, string>> = {
      after: 'state["test.one/count"] <= 5 && size(state) == 1',
      before: 'state.all(k, !(k in before) || before[k] <= state[k])',
      start: 'frame > 0 || (size(before) == 0 && size(state) == 1)',
      deliveries: 'size(deliveries) <= 2 && deliveries.all(d, d.outcome == "ok" && d.attempt == 1)',
      time: 'time >= 1000 && (frame < 3 || time == 5000) && events.all(e, e.time <= time)',
      payloads: 'events.all(e, e.source == "ingress" || e.payload.n - 1.0 >= 0.0)',
      topics: 'topics["probe.order.v1"] >= frame && topics.all(t, topics[t] <= 5)',
    };
    const whole: Readonly<Record<string, string>> = {
      all: 'size(events) == 10 && size(deliveries) == 5',
      sums: 'sum(events.filter(e, e.source == "test.one").map(e, e.payload.n)) == 15.0',
    };
    const stated = (of: Readonly<Record<string, string>>, at: 'frame' | 'end') =>
      Object.entries(of).map(([name, expression]) => ({ name, expression, at }));
    const { verdicts } = await verdictsOf(declaring(...stated(seen, 'frame'), ...stated(whole, 'end')));
    expect(verdicts).toHaveLength(9);
    expect(verdicts.filter(({ holds }) => !holds)).toEqual([]);
  });

  test('breaks where it is first false, in the run, its report, its replay and what fsck makes of it', async () => {
    const expression = 'state["test.one/count"] < 4';
    const { recording, verdicts } = await verdictsOf(declaring({ name: 'few', expression }));
    expect(verdicts).toMatchObject([{ holds: false, broken: { frame: 1, event: 7, found: 'false' } }]);
    expect((await fsck(recording)).results?.['report.json']).toContain('"holds": false');
  });

  test('that is neither true nor false does not hold', async () => {
    const expression = 'state["test.one/count"] >= 0';
    const { verdicts } = await verdictsOf(declaring({ name: 'early', expression }), [{ do: 'error' }]);
    expect(verdicts).toMatchObject([
      { holds: false, broken: { frame: 0, found: 'field not found: test.one/count', undecided: true } },
    ]);
  });

  test('of the end is not asked by a replay that stops before', async () => {
    const change = declaring({ name: 'last', expression: 'false', at: 'end' });
    const { recording, verdicts } = await verdictsOf(change);
    expect(verdicts).toMatchObject([{ holds: false, broken: { frame: 3 } }]);
    const request = { dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') };
    expect((await replay({ ...request, until: 1 })).invariants).toMatchObject([{ holds: null }]);
  });

  test.each([
    ['an unknown variable', { name: 'a', expression: 'sate == 1' }],
    ['a confusion of types', { name: 'a', expression: 'frame + 1 == 2' }],
    ['no expression', { name: 'a', expression: 'state[' }],
  ])('with %s keeps its capsule out', async (_, invariant) => {
    const folder = shop.add('test.one', declaring(invariant));
    const { verdict } = await admit(folder, 'one', shop.trust, join(shop.dir, 'cache'));
    expect(verdict.admitted).toBe(false);
    expect(diagnosticsOf(verdict.checks).map(({ code }) => code)).toEqual(['VNES8203']);
  });

  test('of a new version is asked of what it would have done', async () => {
    const { recording } = await verdictsOf({});
    const { clock } = hostPorts();
    const request = {
      ...{ dir: recording, cwd: shop.dir, trust: shop.trust, cacheDir: join(shop.dir, 'cache'), clock },
    };
    const change = declaring({ name: 'few', expression: 'state["test.one/count"] < 4' });
    const folder = shop.add('test.one', { ...change, version: '2.0.0' });
    const { invariants } = await whatIf({ ...request, folders: [folder] });
    expect(invariants).toMatchObject([{ name: 'test.one/few', holds: false, broken: { frame: 1 } }]);
  });
});

describe('a test capsule', () => {
  test('states a violation by an error, which is no failure of the run', async () => {
    const folders = [shop.add('test.one', {}), shop.add('test.watch', { type: 'test' })];
    const { invariants, tally } = await runOrders(shop, folders, [{ do: 'count' }, { do: 'error' }]);
    expect(invariants).toMatchObject([
      {
        name: 'test.watch',
        kind: 'test',
        at: 'delivery',
        holds: false,
        broken: { event: 1, found: 'told to fail' },
      },
    ]);
    const manifests = [{ manifest: { ...probeManifest('test.watch'), type: 'test' as const } }];
    expect(failures(tally, 'r', manifests).map(({ message }) => message)).toEqual([
      'test.one failed: 1 ended in error, 1 ended well',
    ]);
  });

  test('takes no output away by listening to it', async () => {
    const subscribes = [{ topic: 'probe.out.v1' }, { topic: 'probe.order.v1' }];
    const listening = { ...probeManifest('test.watch').interfaces, bus: { subscribes } };
    const folders = [
      shop.add('test.one', {}),
      shop.add('test.watch', { type: 'test', interfaces: listening }),
    ];
    const { outputs } = await runOrders(shop, folders, [{ do: 'count' }]);
    expect(outputs.map(({ topic }) => topic)).toEqual(['probe.out.v1']);
  });
});

describe('the commands', () => {
  const files = (expression: string) => {
    const dir = room();
    const lines = COUNTS.map(payload => JSON.stringify({ topic: 'probe.order.v1', payload }));
    writeFileSync(join(dir, 'input.ndjson'), lines.join('\n'));
    const content = { version: 1, invariants: [{ name: 'few', expression }] };
    writeFileSync(join(dir, 'few.json'), JSON.stringify(content));
    return dir;
  };
  const words = (dir: string, folder: string) => [
    'run',
    folder,
    ...['--input', 'input.ndjson', '--invariants', 'few.json', '--record', 'recording'],
    ...['--trust', join(shop.dir, 'trust.json'), '-C', dir],
  ];

  test('tell a broken invariant of a file, exit with 1, and keep it in the recording', async () => {
    const dir = files('state["test.one/count"] < 4');
    const ran = await runJson(words(dir, shop.add('test.one', {})));
    expect(told(ran)).toEqual([1, 'VNES8201', 'the invariant few is broken in frame 0, after event 9']);
    expect(readFileSync(join(dir, 'recording/report.json'), 'utf8')).toContain('"name": "few"');
    expect(told(await runJson(['replay', 'recording', '-C', dir]))).toEqual(told(ran));
    const { stdout, status } = await runCli(['fsck', 'recording', '-C', dir]);
    expect([status, stdout]).toEqual([0, expect.stringContaining('sound')]);
  });

  test('say that all hold', async () => {
    const dir = files('state["test.one/count"] < 9');
    const { stdout, stderr, status } = await runCli(words(dir, shop.add('test.one', {})));
    expect([status, stdout + stderr]).toEqual([0, expect.stringMatching(/invariants +1 hold/)]);
  });

  test('refuse a file that is wrong, before anything runs', async () => {
    const dir = files('stat == 1');
    const report = await runJson(words(dir, shop.add('test.one', {})));
    expect(told(report).slice(0, 2)).toEqual([2, 'VNES8203']);
    writeFileSync(join(dir, 'few.json'), '{"version":1,"invariants":[]}');
    expect(told(await runJson(words(dir, shop.add('test.one', {})))).slice(0, 2)).toEqual([2, 'VNES1011']);
  });

  test('tell an invariant that cannot be decided', async () => {
    const dir = files('state["nothing"] < 9');
    const report = await runJson(words(dir, shop.add('test.one', {})));
    expect(told(report).slice(0, 2)).toEqual([1, 'VNES8202']);
  });
});

function told({ exitCode, diagnostics }: CliReport): readonly unknown[] {
  return [exitCode, diagnostics[0]?.code, diagnostics[0]?.message];
}
