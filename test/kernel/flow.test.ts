import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Subscription } from '../../src/capsule/manifest.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { replay } from '../../src/lab/replay.ts';
import { readJournal } from '../../src/store/read.ts';
import type { FrameRecord } from '../../src/store/record.ts';
import { probeManifest, runOrders, type Workshop, workshop } from './network.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});

/** A run of orders by a capsule with such a subscription, and its replay. */
async function flowing(subscription: Partial<Subscription>, words: readonly string[], frameIngress = 4) {
  const { interfaces } = probeManifest('test.flow');
  const subscribes = [{ ...interfaces!.bus!.subscribes![0]!, ...subscription }];
  const folder = shop.add('test.flow', {
    interfaces: { ...interfaces!, bus: { ...interfaces!.bus!, subscribes } },
  });
  const orders = words.map(word => ({ do: word }));
  const { recording, tally } = await runOrders(shop, [folder], orders, { frameIngress });
  const again = await replay({ dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
  expect(again.divergence).toBeUndefined();
  expect(again.tally.flow).toEqual(tally.flow);
  const frames = [...readJournal(recording)].flatMap(({ record }): FrameRecord[] =>
    record.type === 'frame' ? [record] : [],
  );
  return { frames, tally };
}

const delivered = (frames: readonly FrameRecord[]) =>
  frames.map(({ deliveries }) => deliveries.map(({ event, outcome }) => `${event} ${outcome}`));

describe('a delivery that fails', () => {
  test('is final without a word about it', async () => {
    const { frames, tally } = await flowing({}, ['error', 'count']);
    expect(delivered(frames)).toEqual([['0 error', '1 ok'], []]);
    expect(tally.of('test.flow').firstFailure).toMatchObject({ event: 0 });
  });

  test('is made again, and at last put on the dead-letter topic with the reason', async () => {
    const { frames, tally } = await flowing(
      { qos: 'at_least_once', attempts: 2, dead_letter: 'probe.dead.v1' },
      ['error', 'count'],
    );
    expect(frames.map(({ deliveries }) => deliveries)).toEqual([
      [
        { event: 0, to: 'test.flow', outcome: 'error', message: 'told to fail', again: true },
        { event: 1, to: 'test.flow', outcome: 'ok' },
      ],
      [{ event: 0, to: 'test.flow', outcome: 'error', message: 'told to fail', attempt: 2 }],
      [],
    ]);
    const letters = frames.flatMap(({ published }) => published.filter(({ source }) => source === 'kernel'));
    expect(letters).toMatchObject([
      {
        topic: 'probe.dead.v1',
        cause: 0,
        payload: {
          subscriber: 'test.flow',
          attempts: 2,
          outcome: 'error',
          message: 'told to fail',
          event: { seq: 0, topic: 'probe.order.v1' },
          payload: { do: 'error' },
        },
      },
    ]);
    expect(tally.flow).toMatchObject({ redelivered: 1, deadLettered: 1 });
  });

  test('of a capsule that breaks down goes to the dead letters too once it is suspended', async () => {
    const { tally } = await flowing({ qos: 'exactly_once', attempts: 2, dead_letter: 'probe.dead.v1' }, [
      'trap',
      'trap',
      'trap',
      'count',
    ]);
    expect(tally.of('test.flow').suspended).toBe(true);
    expect(tally.flow.deadLettered).toBe(3);
  });
});

describe('a slow subscriber', () => {
  const counts = Array.from({ length: 12 }, () => 'count');

  test('holds input back, and gets all of it in order', async () => {
    const { frames, tally } = await flowing({ per_frame: 2, buffer: 3 }, counts, 8);
    expect(delivered(frames).flat()).toEqual(ordered(frames));
    expect(tally.deliveries.ok).toBe(12);
    expect(tally.flow.heldBack).toBeGreaterThan(0);
    for (const { deliveries } of frames) expect(deliveries.length).toBeLessThanOrEqual(2);
    expect(frames[0]!.ingress).toHaveLength(5);
  });

  test('sheds what its buffer does not hold, and the record says which', async () => {
    const { frames, tally } = await flowing({ per_frame: 1, buffer: 2, overflow: 'shed_oldest' }, counts, 6);
    expect(frames[0]!.decisions).toEqual([
      {
        kind: 'shed',
        capsule: 'test.flow',
        detail: { topic: 'probe.order.v1', policy: 'shed_oldest', events: [1, 2, 3] },
      },
    ]);
    expect(tally.deliveries.ok + tally.flow.shed).toBe(12);
  });

  test('gets one event for several of a key', async () => {
    const { frames, tally } = await flowing({ per_frame: 1, buffer: 3, overflow: 'latest' }, counts, 12);
    expect(frames[0]!.decisions).toMatchObject([{ kind: 'fold', detail: { policy: 'latest' } }]);
    expect(tally.deliveries.ok).toBe(4);
    expect(tally.flow).toMatchObject({ folded: 8, shed: 0 });
  });
});

/** The same deliveries in the order of their events. */
function ordered(frames: readonly FrameRecord[]): string[] {
  return delivered(frames)
    .flat()
    .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}
