import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Manifest, Subscription } from '../../src/capsule/manifest.ts';
import { gradesOf } from '../../src/kernel/quarantine/grades.ts';
import { readCapsules } from '../../src/kernel/recording.ts';
import { runReport } from '../../src/kernel/report.ts';
import { resultsOf, writeResults } from '../../src/kernel/results.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { fsck } from '../../src/lab/fsck.ts';
import { headerOf } from '../../src/lab/open.ts';
import { replay } from '../../src/lab/replay.ts';
import { readJournal } from '../../src/store/read.ts';
import type { FrameRecord } from '../../src/store/record.ts';
import { codeOf } from '../store/recording.ts';
import { probeManifest, runOrders, type Workshop, workshop } from './network.ts';

const FIGURES = 'vnes.flow.figures.v1';
const STRATEGY = 'vnes.flow.strategy.v1';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});

/** A subscriber that leaves its overflow to a policy. */
function slow(subscription: Partial<Subscription> = {}): string {
  const { interfaces } = probeManifest('test.slow');
  const subscribes = [
    {
      ...interfaces!.bus!.subscribes![0]!,
      per_frame: 1,
      buffer: 2,
      overflow: 'policy' as const,
      ...subscription,
    },
  ];
  return shop.add('test.slow', { interfaces: { ...interfaces!, bus: { ...interfaces!.bus!, subscribes } } });
}

function policy(id = 'test.policy', change: Partial<Manifest> = {}): string {
  const { interfaces } = probeManifest(id);
  const bus = { subscribes: [{ topic: FIGURES }], publishes: [{ topic: STRATEGY }] };
  return shop.add(id, { type: 'policy', interfaces: { ...interfaces!, bus }, ...change });
}

const counts = Array.from({ length: 24 }, () => ({ do: 'count' }));

const framesOf = (recording: string) =>
  [...readJournal(recording)].flatMap(({ record }): FrameRecord[] =>
    record.type === 'frame' ? [record] : [],
  );

describe('a policy capsule', () => {
  test('chooses from figures what becomes of too much, and every choice is recorded and replays', async () => {
    const { recording, tally } = await runOrders(shop, [slow(), policy()], counts, { frameIngress: 8 });
    const frames = framesOf(recording);
    const [first] = frames.flatMap(({ published }) => published.filter(({ topic }) => topic === FIGURES));
    expect(first).toMatchObject({
      source: 'kernel',
      key: 'test.slow',
      cause: 2,
      payload: {
        subscriber: 'test.slow',
        topic: 'probe.order.v1',
        strategy: 'backpressure',
        waiting: 2,
        buffer: 2,
        per_frame: 1,
        delivered: 1,
        shed: 0,
        folded: 0,
      },
    });
    const decisions = frames.flatMap(record => record.decisions);
    const chosen = decisions.filter(({ kind }) => kind === 'strategy');
    expect(chosen[0]).toEqual({
      kind: 'strategy',
      capsule: 'test.slow',
      detail: { topic: 'probe.order.v1', strategy: 'shed_oldest', was: 'backpressure', by: 'test.policy' },
    });
    expect(decisions.map(({ kind }) => kind)).toContain('shed');
    expect(tally.flow).toMatchObject({ strategies: chosen.length, deadLettered: 0 });
    expect(tally.flow.shed + tally.of('test.slow').deliveries.ok).toBe(counts.length);
    const again = await replay({ dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
    expect([again.divergence, again.tally.flow]).toEqual([undefined, tally.flow]);
  });

  test('that decides for a subscription which leaves nothing to it is at fault', async () => {
    const astray = policy('test.astray', {
      runtime: { language: 'assemblyscript', config: { prefix: 'astray' } },
    });
    const { tally } = await runOrders(shop, [slow(), astray], counts.slice(0, 6), { frameIngress: 8 });
    expect(tally.of('test.astray').firstFailure?.message).toContain('leaves nothing to a policy');
    expect(tally.flow.strategies).toBe(0);
  });
});

describe('nothing runs', () => {
  const run = (...folders: string[]) => codeOf(() => runOrders(shop, folders, counts));

  test('when an overflow is left to a policy and none decides, or two do', async () => {
    expect(await run(slow())).toBe('VNES7007');
    expect(await run(slow(), policy(), policy('test.second'))).toBe('VNES7007');
  });

  test.each<[string, () => string]>([
    ['decides without being of type policy', () => policy('test.other', { type: 'logic' })],
    ['takes a topic of the kernel that does not exist', () => slow({ topic: 'vnes.secrets.v1' })],
    ['leaves the overflow of figures to a policy', () => slow({ topic: FIGURES })],
    ['sends its dead letters to the kernel', () => slow({ dead_letter: STRATEGY })],
  ])('when a capsule %s', async (_, folder) => {
    expect(await run(folder(), policy())).toBe('VNES7006');
  });
});

describe('a subscriber further on that is full', () => {
  test('holds the input back that would end up there', async () => {
    const { interfaces } = probeManifest('test.last');
    const subscribes = [{ topic: 'probe.out.v1', schema: 'spec/schemas/out.json', per_frame: 1, buffer: 2 }];
    const last = shop.add('test.last', {
      interfaces: { ...interfaces!, bus: { subscribes, publishes: [] } },
    });
    const { recording, tally } = await runOrders(shop, [shop.add('test.first'), last], counts, {
      frameIngress: 4,
    });
    expect(tally.ingress).toBe(counts.length);
    let [waiting, most] = [0, 0];
    for (const { published, deliveries } of framesOf(recording)) {
      waiting += published.length - deliveries.filter(({ to }) => to === 'test.last').length;
      most = Math.max(most, waiting);
    }
    // Two that may wait, and what two frames of input bring before the first of them shows.
    expect(most).toBeLessThanOrEqual(2 + 8);
  });

  test('has a buffer when it states its rate alone, and recordings from before had none', async () => {
    const { recording } = await runOrders(
      shop,
      [slow({ overflow: undefined, buffer: undefined } as never)],
      counts,
    );
    expect(headerOf(recording).header.flags).toContain('buffers 1');
  });
});

test('the files beside a journal are checked as of the version that they were written in', async () => {
  const { recording, ...outcome } = await runOrders(shop, [shop.add('test.plain')], counts.slice(0, 2));
  const { header } = headerOf(recording);
  const report = runReport(header, readCapsules(recording, header), outcome, gradesOf([]));
  const graded = (await fsck(recording)).results!;
  const path = join(recording, 'report.json');
  const written = async (content: string) => {
    writeFileSync(path, content);
    return (await fsck(recording)).diagnostics.map(({ code, found }) => `${code} ${found}`);
  };
  writeResults(recording, resultsOf(outcome.outputs, report));
  expect(await written(graded['report.json'])).toEqual([]);
  const old = JSON.parse(graded['report.json']);
  delete old.flow.strategies;
  const first = `${JSON.stringify({ ...old, schemaVersion: 1 }, null, 2)}\n`;
  expect(await written(first)).toEqual([]);
  expect((await fsck(recording)).results!['report.json']).toBe(first);
  expect(await written(first.replace('"ingress": 2', '"ingress": 3'))).toEqual([
    expect.stringMatching(/^VNES8010/),
  ]);
  expect(await written(first.replace('"schemaVersion": 1', '"schemaVersion": 99'))).toEqual([
    expect.stringContaining('by a report of version 99, which this vnes does not know'),
  ]);
  expect(readFileSync(path, 'utf8')).toContain('99');
});
