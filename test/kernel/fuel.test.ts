import { beforeAll, expect, test } from 'vitest';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { replay } from '../../src/lab/replay.ts';
import { readJournal } from '../../src/store/read.ts';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { probeManifest, runOrders, type Workshop, workshop } from './network.ts';

let shop: Workshop;
let one: string;

beforeAll(async () => {
  shop = await workshop();
  one = shop.add('test.one', { runtime: { ...probeManifest('test.one').runtime!, fuel: 1_000_000 } });
});

/** How the deliveries of a recording ended, those that did not end well. */
function traps(recording: string): string[] {
  return [...readJournal(recording)].flatMap(({ record }) =>
    record.type === 'frame'
      ? record.deliveries.flatMap(({ outcome, message }) =>
          outcome === 'ok' ? [] : [`${outcome}: ${message}`],
        )
      : [],
  );
}

test.skipIf(!BUBBLEWRAP)(
  'an endless loop and an endless recursion end as traps that replay, the same in every zone',
  async () => {
    const orders = ['count', 'spin', 'count', 'recurse', 'count'].map(word => ({ do: word }));
    const calm = await runOrders(shop, [one], orders);
    expect(calm.tally.deliveries).toMatchObject({ ok: 3, trap: 2 });
    expect(traps(calm.recording)).toEqual(['trap: out of fuel', 'trap: calls nested too deeply']);
    const isolated = await runOrders(shop, [one], orders, { zone: 'session' });
    expect(isolated.seal).toEqual(calm.seal);
    expect((await replay({ dir: calm.recording, timing: UNDISTURBED })).divergence).toBeUndefined();
  },
);

test('a batch of endless loops is not taken for a sandbox that hangs', async () => {
  const timed = { ...probeManifest('test.timed').runtime!, fuel: 1_000_000_000, timeout_ms: 1_500 };
  const capsule = shop.add('test.timed', { runtime: timed });
  const orders = Array.from({ length: 30 }, () => ({ do: 'spin' }));
  const { tally } = await runOrders(shop, [capsule], orders, { frameIngress: 30 });
  expect(tally.deliveries).toMatchObject({ trap: 30 });
});
