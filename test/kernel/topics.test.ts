import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { headerOf } from '../../src/lab/open.ts';
import { replay } from '../../src/lab/replay.ts';
import { whatIf } from '../../src/lab/what-if.ts';
import { codeOf } from '../store/recording.ts';
import { probeManifest, runOrders, type Workshop, workshop } from './network.ts';

const OUT = 'probe.out.v1';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});

/** The probe with other words about its topics. */
function withBus(id: string, bus: NonNullable<Manifest['interfaces']>['bus']): Partial<Manifest> {
  const { interfaces } = probeManifest(id);
  return { interfaces: { ...interfaces!, bus: { ...interfaces!.bus!, ...bus } } };
}

const again = (recording: string) =>
  replay({ dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });

describe('a topic that is not critical', () => {
  const lax = { publishes: [{ topic: OUT, schema: 'spec/schemas/out.json', critical: false }] };

  test.each([
    [false, 0],
    [true, 1],
  ])('is checked on publishing when that is asked for: %s', async (checkAll, fault) => {
    const folder = shop.add('test.lax', withBus('test.lax', lax));
    const { recording, tally } = await runOrders(shop, [folder], [{ do: 'break-schema' }], { checkAll });
    expect(tally.deliveries).toMatchObject({ ok: 1 - fault, fault });
    expect(headerOf(recording).header.flags.includes('check all')).toBe(checkAll);
    const { divergence, tally: replayed } = await again(recording);
    expect(divergence).toBeUndefined();
    expect(replayed.deliveries).toEqual(tally.deliveries);
  });
});

test('another version whose schema does not fit its subscribers is told, not tried', async () => {
  const taker = shop.add(
    'test.taker',
    withBus('test.taker', { subscribes: [{ topic: OUT, schema: 'spec/schemas/out.json' }], publishes: [] }),
  );
  const maker = shop.add('test.maker');
  const { recording } = await runOrders(shop, [maker, taker], [{ do: 'count' }]);
  const other = shop.add('test.maker', {
    version: '1.1.0',
    ...withBus('test.maker', { publishes: [{ topic: OUT, schema: 'spec/schemas/order.json' }] }),
  });
  const { clock } = hostPorts();
  const request = { dir: recording, folders: [other], cwd: shop.dir, trust: shop.trust, clock };
  expect(await codeOf(() => whatIf(request))).toBe('VNES7005');
});
