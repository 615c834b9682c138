import { beforeAll, expect, test, vi } from 'vitest';
import type { TierName } from '../../src/capsule/tier.ts';
import { validateRunReport } from '../../src/generated/run-report.js';
import { runReport } from '../../src/kernel/report.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { headerOf } from '../../src/lab/open.ts';
import { replay } from '../../src/lab/replay.ts';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { probeManifest } from './manifest.ts';
import { runOrders, type Workshop, workshop } from './network.ts';

/** A machine that has no parts of a virtual one, whatever this one has. */
vi.mock('../../src/sandbox/vm/parts.ts', () => ({
  obstacleToMachines: () => 'QEMU was not found',
  vmPartsHere: () => expect.fail('a virtual machine is started'),
}));

const ORDERS = [{ do: 'count' }];
/** What is there in place of a virtual machine. */
const STRONGEST = BUBBLEWRAP ? 'process' : 'guarded';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
}, 60_000);

function capsule(id: string, tier: TierName): string {
  const { capabilities } = probeManifest(id);
  return shop.add(id, { capabilities: { ...capabilities, determinism_tier: tier } });
}

test('a zone whose rung is missing runs nothing', async () => {
  const run = runOrders(shop, [capsule('test.strict', 'D1')], ORDERS, { zone: 'ephemeral' });
  await expect(run).rejects.toThrow('VNES5009');
});

test('what is bit-exact does not run in less, whoever allows it', async () => {
  const folders = [capsule('test.exact', 'D0'), capsule('test.close', 'D1')];
  const run = runOrders(shop, folders, ORDERS, { zone: 'ephemeral', weaker: true });
  await expect(run).rejects.toThrow('VNES5009');
});

test('what promises less runs in the strongest sandbox there is, when that is allowed, and it is recorded', async () => {
  const folders = [capsule('test.near', 'D1')];
  const outcome = await runOrders(shop, folders, ORDERS, { zone: 'ephemeral', weaker: true });
  expect(outcome.tally.deliveries).toMatchObject({ ok: 1 });
  const { header } = headerOf(outcome.recording);
  expect(header.capsules).toMatchObject([{ id: 'test.near', zone: 'ephemeral', weakened: STRONGEST }]);
  const settings = { seed: '7', epoch: 1000, zone: 'ephemeral' };
  const report = runReport(settings, outcome.capsules, outcome, new Map());
  expect(report.capsules).toMatchObject([{ weakened: STRONGEST }]);
  expect(validateRunReport(report)).toEqual([]);
  await expect(replay({ dir: outcome.recording, timing: UNDISTURBED })).rejects.toThrow('VNES5009');
  const replayed = await replay({ dir: outcome.recording, timing: UNDISTURBED, weaker: true });
  expect(replayed.divergence).toBeUndefined();
});

test('nothing is recorded where the zone has its rung', async () => {
  const outcome = await runOrders(shop, [capsule('test.plain', 'D1')], ORDERS, { weaker: true });
  expect(headerOf(outcome.recording).header.capsules[0]).not.toHaveProperty('weakened');
});
