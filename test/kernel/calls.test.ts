import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { failures } from '../../src/kernel/report.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { headerOf } from '../../src/lab/open.ts';
import { replay } from '../../src/lab/replay.ts';
import { codeOf } from '../store/recording.ts';
import { probeManifest, type RunOptions, runOrders, type Workshop, workshop } from './network.ts';

const FLAG = 'calls 1';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});

/** A capsule that doubles what it is asked for, under these schemas, and one that asks it. */
function pair(methods: NonNullable<NonNullable<Manifest['interfaces']>['rpc']>['methods']): string[] {
  const { interfaces } = probeManifest('test.caller');
  return [
    shop.add('test.provider', {
      capabilities: { provides: ['probe.double'], determinism_tier: 'D0' },
      interfaces: { wasm: 'impl/capsule.wasm', rpc: { methods } },
    }),
    shop.add('test.caller', {
      capabilities: { provides: [], requires: ['probe.double@^1'], determinism_tier: 'D0' },
      interfaces: interfaces!,
    }),
  ];
}

const [order, few] = ['spec/schemas/order.json', 'spec/schemas/few.json'];
const asking = (...numbers: unknown[]) => numbers.map(n => ({ do: 'call', n }));

/** Runs the calls, and replays the recording. */
async function calls(folders: readonly string[], options: RunOptions = {}) {
  const ran = await runOrders(shop, folders, asking(1, { do: 'x' }, 9), options);
  const again = await replay({ dir: ran.recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
  expect(again.divergence).toBeUndefined();
  const counts = ran.tally.of('test.caller');
  expect(again.tally.of('test.caller')).toEqual(counts);
  const { flags, capsules } = headerOf(ran.recording).header;
  return { ...ran, counts, flags, files: Object.keys(capsules.at(-1)!.files) };
}

describe('a call', () => {
  test('whose request breaks its schema never reaches the provider', async () => {
    const { counts, flags, files, tally, recording } = await calls(pair({ double: { request: order } }));
    expect(counts.deliveries).toMatchObject({ ok: 1, fault: 2 });
    const message =
      'VNES7008: test.caller called double of test.provider with a request that breaks spec/schemas/order.json: expected an object, found 1';
    expect(counts.firstFailure).toEqual({ event: 0, outcome: 'fault', message });
    expect([flags.includes(FLAG), files.includes(order!)]).toEqual([true, true]);
    const [told] = failures(tally, recording, []);
    expect(told).toMatchObject({ code: 'VNES6001', found: `fault on event 0: ${message}` });
    expect(told!.help).toContain('vnes explain VNES7008; look at the event: ');
  });

  test('whose response breaks its schema never reaches the caller', async () => {
    const { counts } = await calls(pair({ double: { response: few } }));
    expect(counts.deliveries).toMatchObject({ ok: 2, fault: 1 });
    expect(counts.firstFailure?.message).toBe(
      'VNES7008: test.caller called double of test.provider, which answered with a response that breaks spec/schemas/few.json: expected a number up to 4, found 18',
    );
  });

  test.each([
    ['without schemas', { double: {} }],
    ['of another method', { other: { request: order } }],
  ])('%s is not checked', async (_, methods) => {
    expect((await calls(pair(methods))).counts.deliveries).toMatchObject({ ok: 3, fault: 0 });
  });

  test('of a recording that was made before calls were checked is replayed as it was', async () => {
    const { counts, flags, files } = await calls(pair({ double: { request: order } }), { calls: false });
    expect(counts.deliveries).toMatchObject({ ok: 3, fault: 0 });
    expect([flags.includes(FLAG), files.includes(order!)]).toEqual([false, false]);
  });
});

test('a method is not run under a schema that cannot be used', async () => {
  const folders = pair({ double: { request: 'spec/logic.md' } });
  expect(await codeOf(() => runOrders(shop, folders, []))).toBe('VNES1002');
  expect(await codeOf(() => runOrders(shop, pair({ double: { request: 'spec/misspelt.json' } }), []))).toBe(
    'VNES7003',
  );
});

test('a schema that the receipt does not cover is not admitted', async () => {
  const folders = pair({ double: { response: 'spec/none.json' } });
  await expect(runOrders(shop, folders, [])).rejects.toThrow('VNES3103');
});
