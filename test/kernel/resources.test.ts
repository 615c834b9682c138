import { beforeAll, expect, test } from 'vitest';
import type { Resources } from '../../src/capsule/manifest.ts';
import { ZONES } from '../../src/capsule/zone.ts';
import { boot } from '../../src/kernel/boot.ts';
import { refusedResources } from '../../src/scheduler/placement.ts';
import { diagnosticsOf } from '../../src/trust/verdict.ts';
import { type Workshop, workshop } from './network.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
}, 60_000);

async function refusals(id: string, resources: Resources) {
  const folder = shop.add(id, { security: { trust_zone: 'system', resources } });
  const { refused } = await boot({ folders: [folder], cwd: shop.dir, trust: shop.trust, zone: 'system' });
  return refused
    .flatMap(({ checks }) => diagnosticsOf(checks))
    .map(({ code, place }) => [code, place?.pointer]);
}

test('a capsule that asks for something of the machine is refused, each kind by itself', async () => {
  expect(
    await refusals('test.greedy', { files: ['/etc/hosts'], network: ['a:1'], devices: ['gpu'] }),
  ).toEqual([
    ['VNES5012', '/security/resources/files'],
    ['VNES5012', '/security/resources/network'],
    ['VNES5012', '/security/resources/devices'],
  ]);
  expect(await refusals('test.modest', { files: [], network: [] })).toEqual([]);
});

test('what is no list of resources is no manifest', async () => {
  const odd = { sockets: ['x'] } as unknown as Resources;
  await expect(refusals('test.odd', odd)).rejects.toThrow('VNES1011');
});

test('files are for the zones system and tenant, networks and devices for none', () => {
  const all = { files: ['x'], network: ['x'], devices: ['x'] };
  const rest = ['network', 'devices'];
  expect(ZONES.map(zone => refusedResources(all, zone))).toEqual([
    rest,
    rest,
    ['files', ...rest],
    ['files', ...rest],
  ]);
});

test('scratch space is for code in a process of its own, where there is one', async () => {
  expect(await refusals('test.scratching', { scratch_mb: 4 })).toEqual([
    ['VNES5012', '/security/resources/scratch_mb'],
  ]);
  await expect(refusals('test.much', { scratch_mb: 4096 })).rejects.toThrow('VNES1011');
});

test.each([
  ['relative', ['data/words']],
  ['with ..', ['/usr/../etc/passwd']],
  ['a folder', ['/usr/']],
  ['with a control character', ['/usr/\u0007']],
  ['too many', Array.from({ length: 17 }, (_, index) => `/usr/${index}`)],
])('no files that are %s', async (what, files) => {
  const python = { python: 'impl.src.main:run' };
  const folder = shop.add(
    `test.odd_${what.length}`,
    {
      interfaces: python,
      runtime: { interpreter: 'system' },
      capabilities: { provides: [], determinism_tier: 'D1' },
      security: { trust_zone: 'system', resources: { files } },
    },
    { 'impl/src/main.py': 'def run(event):\n    pass\n' },
  );
  const { refused } = await boot({ folders: [folder], cwd: shop.dir, trust: shop.trust, zone: 'system' });
  expect(refused.flatMap(({ checks }) => diagnosticsOf(checks)).map(({ code }) => code)).toEqual([
    'VNES5012',
  ]);
});
