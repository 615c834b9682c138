import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { BusEvent } from '../../src/capsule/event.ts';
import { disturbed, UNDISTURBED } from '../../src/kernel/timing.ts';
import { replay } from '../../src/lab/replay.ts';
import { stateRoot } from '../../src/state/root.ts';
import { readJournal } from '../../src/store/read.ts';
import type { FrameRecord } from '../../src/store/record.ts';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { probeManifest, runOrders, type Workshop, workshop } from './network.ts';

let shop: Workshop;
let one: string;

beforeAll(async () => {
  shop = await workshop();
  one = shop.add('test.one');
});

const count = (n: number): object[] => Array.from({ length: n }, () => ({ do: 'count' }));

function framesOf(recording: string): FrameRecord[] {
  return [...readJournal(recording)].flatMap(({ record }) => (record.type === 'frame' ? [record] : []));
}

function numbers(outputs: readonly BusEvent[]): unknown[] {
  return outputs.map(({ payload }) => (payload as { n: number }).n);
}

describe('a run', () => {
  test('hands over every event once, in order, and keeps state between frames', async () => {
    const { outputs, tally, seal } = await runOrders(shop, [one], count(10));
    expect(numbers(outputs)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(tally.deliveries).toEqual({ ok: 10, error: 0, trap: 0, fault: 0, skipped: 0 });
    expect(seal.frames).toBe(4);
  });

  test('loads the bytes that were verified, whatever lies in the folder by then', async () => {
    const folder = shop.add('test.swapped');
    const before = await runOrders(shop, [folder], count(3));
    const meanwhile = () => {
      writeFileSync(join(folder, 'impl/capsule.wasm'), 'no component');
      writeFileSync(join(folder, 'spec/schemas/order.json'), 'false');
      rmSync(join(folder, 'manifest.json'));
    };
    const after = await runOrders(shop, [folder], count(3), { meanwhile });
    expect(after.seal).toEqual(before.seal);
    await expect(runOrders(shop, [folder], count(3))).rejects.toThrow('VNES2004');
  });

  test('takes the time of an event from the event, not from the clock', async () => {
    const { recording } = await runOrders(shop, [one], count(2));
    expect(framesOf(recording)[0]!.logs.map(({ message }) => message)).toEqual([
      'counted at 1000',
      'counted at 2000',
    ]);
  });

  test('has a state root that is the fold of its journal', async () => {
    const { recording, seal } = await runOrders(shop, [one], count(9));
    const state = new Map(
      framesOf(recording).flatMap(frame => frame.writes.map(({ key, value }) => [key, value!] as const)),
    );
    expect(seal.stateRoot).toBe(stateRoot([...state]));
  });

  test('leaves no effect of a delivery that fails', async () => {
    const orders = [{ do: 'count' }, { do: 'trap' }, { do: 'error' }, { do: 'foreign-key' }, { do: 'count' }];
    const { outputs, tally, recording } = await runOrders(shop, [one], orders);
    expect(numbers(outputs)).toEqual([1, 2]);
    expect(tally.deliveries).toMatchObject({ ok: 2, trap: 1, error: 1, fault: 1 });
    expect((await replay({ dir: recording, timing: UNDISTURBED })).divergence).toBeUndefined();
  });

  test('turns a payload against its schema into a fault and runs the rest of the batch anew', async () => {
    const orders = [
      { do: 'memory' },
      { do: 'count' },
      { do: 'break-schema' },
      { do: 'count' },
      { do: 'memory' },
    ];
    const { outputs, tally, recording } = await runOrders(shop, [one], orders, { frameIngress: 5 });
    // The renewed instance has forgotten its memory (2 handled since), but not its state.
    expect(numbers(outputs)).toEqual([1, 1, 2, 2]);
    expect(tally.deliveries).toMatchObject({ ok: 4, fault: 1 });
    expect((await replay({ dir: recording, timing: UNDISTURBED })).divergence).toBeUndefined();
  });

  test('refuses a topic that the manifest does not declare', async () => {
    const { tally } = await runOrders(shop, [one], [{ do: 'foreign-topic' }]);
    expect(tally.deliveries.fault).toBe(1);
  });

  test('suspends a capsule that breaks down again and again, and says how much it missed', async () => {
    const orders = Array.from({ length: 10 }, () => ({ do: 'recurse' }));
    const { tally, recording } = await runOrders(shop, [one], orders, { frameIngress: 2 });
    expect(tally.deliveries).toMatchObject({ trap: 4, skipped: 6 });
    const boots = [...readJournal(recording)].flatMap(({ record }) =>
      record.type === 'boot' ? [record.detail] : [],
    );
    expect(boots).toContainEqual(expect.objectContaining({ capsule: 'test.one@1.0.0', state: 'suspended' }));
    expect((await replay({ dir: recording, timing: UNDISTURBED })).divergence).toBeUndefined();
  });

  test('injects the provider of a required capability', async () => {
    const provider = shop.add('test.provider', {
      capabilities: { provides: ['probe.double'], determinism_tier: 'D0' },
      interfaces: { wasm: 'impl/capsule.wasm' },
    });
    const { interfaces } = probeManifest('test.caller');
    const caller = shop.add('test.caller', {
      capabilities: { provides: [], requires: ['probe.double@^1'], determinism_tier: 'D0' },
      interfaces: interfaces!,
    });
    const { outputs } = await runOrders(shop, [provider, caller], [{ do: 'call', n: 21 }]);
    expect(numbers(outputs)).toEqual([42]);
  });

  test('ends with a diagnostic when capsules feed each other for ever', async () => {
    const looping = shop.add('test.loop', {
      interfaces: {
        wasm: 'impl/capsule.wasm',
        bus: { subscribes: [{ topic: 'probe.order.v1' }], publishes: [{ topic: 'probe.order.v1' }] },
      },
    });
    await expect(runOrders(shop, [looping], [{ do: 'echo' }])).rejects.toThrow('VNES6003');
  });

  test('does not start when an init refuses', async () => {
    const refusing = shop.add('test.refusing', { runtime: { config: { prefix: '' } } });
    await expect(runOrders(shop, [refusing], count(1))).rejects.toThrow('VNES6002');
  });
});

describe('determinism', () => {
  const mixed = ['count', 'random', 'memory', 'error', 'count', 'trap', 'random', 'count'].map(word => ({
    do: word,
  }));

  test.skipIf(!BUBBLEWRAP)(
    'timing of workers, and the rung, change no byte of the events and the state',
    async () => {
      const two = shop.add('test.two');
      const { clock } = hostPorts();
      const calm = await runOrders(shop, [one, two], mixed);
      const shaken = await runOrders(shop, [two, one], mixed, { timing: disturbed('3', clock) });
      const isolated = await runOrders(shop, [one, two], mixed, {
        zone: 'session',
        timing: disturbed('4', clock),
      });
      expect(shaken.head).toBe(calm.head);
      expect(isolated.seal).toEqual(calm.seal);
    },
  );

  test('randomness follows the seed and nothing else', async () => {
    const orders = [{ do: 'random' }, { do: 'random' }];
    const first = await runOrders(shop, [one], orders, { seed: 'a' });
    const again = await runOrders(shop, [one], orders, { seed: 'a', frameIngress: 1 });
    const other = await runOrders(shop, [one], orders, { seed: 'b' });
    expect(numbers(again.outputs)).toEqual(numbers(first.outputs));
    expect(numbers(other.outputs)).not.toEqual(numbers(first.outputs));
  });

  test('a replay proves every effect equal', async () => {
    const { recording, seal } = await runOrders(shop, [one], mixed);
    const outcome = await replay({ dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
    expect(outcome.divergence).toBeUndefined();
    expect(outcome.seal).toEqual(seal);
  });
});

test('a schedule that breaks the schema of its topic is refused before anything runs', async () => {
  const { interfaces } = probeManifest('test.ticking');
  const ticking = (id: string, payload?: object) =>
    shop.add(id, {
      interfaces: {
        ...interfaces!,
        schedules: [{ topic: 'probe.order.v1', every_ms: 500, ...(payload ? { payload } : {}) }],
      } as typeof interfaces & object,
    });
  await expect(runOrders(shop, [ticking('test.ticking')], count(2))).rejects.toThrow('VNES7004');
  const { tally } = await runOrders(shop, [ticking('test.counting', { do: 'count' })], count(3));
  expect(tally.deliveries).toMatchObject({ ok: 3 + 4 });
});

test.skipIf(!BUBBLEWRAP)(
  'limits beyond what a timer and a memory can hold are the largest that they can',
  async () => {
    const generous = shop.add('test.generous', {
      runtime: {
        language: 'assemblyscript',
        config: { prefix: 'test.generous/' },
        timeout_ms: 2 ** 40,
        memory_limit_mb: 10_000,
      },
    });
    const { tally } = await runOrders(shop, [generous], count(1), { zone: 'tenant' });
    expect(tally.deliveries).toMatchObject({ ok: 1 });
  },
);

test('outputs may be more than fit a call', async () => {
  const flood = Array.from({ length: 14 }, () => ({ do: 'flood' }));
  const { outputs } = await runOrders(shop, [one], flood, { frameIngress: 14 });
  expect(outputs.length).toBe(14 * 9000);
}, 30_000);
