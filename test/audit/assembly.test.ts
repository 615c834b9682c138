import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allClean, assemblyCauses, buildCauses } from './assembly-case.ts';
import type { Cause } from './python-case.ts';
import { audited, differing } from './run.ts';

const cache = mkdtempSync(join(tmpdir(), 'vnes-audit-'));
let component: Uint8Array;
let causes: readonly Cause[];

beforeAll(async () => {
  component = await buildCauses();
  causes = assemblyCauses(component);
}, 120_000);
afterAll(() => rmSync(cache, { recursive: true, force: true }));

test('every cause in AssemblyScript is caught by what it depends on', async () => {
  const wrong: string[] = [];
  for (const { name, caughtBy, capsule } of causes) {
    const found = await audited(capsule('planted'), cache, { only: [caughtBy], briefly: true });
    if (found.verdict !== 'held' || differing(found)[0] !== caughtBy) wrong.push(name);
  }
  expect(wrong).toEqual([]);
  expect(causes.length).toBeGreaterThanOrEqual(12);
}, 300_000);

test('no clean twin is accused, whatever is changed', async () => {
  const found = await audited(allClean(component), cache);
  expect(found.probes.flatMap(({ witness }) => witness ?? [])).toEqual([]);
  expect(found).toMatchObject({ verdict: 'granted', deliveries: { ok: 4 } });
  expect(found.probes.map(({ name }) => name)).toEqual([
    ...['repeat', 'batches', 'rung', 'compiler', 'machine', 'pressure'],
    ...['instance', 'addresses', 'nan', 'depth', 'memory'],
  ]);
  expect(found.runs).toBe(14);
}, 120_000);

test('a witness names the functions that asked for the effect', async () => {
  const address = causes.find(({ name }) => name === 'address')!;
  const found = await audited(address.capsule('planted'), cache, { atOnce: true });
  expect(found.probes.find(({ name }) => name === 'addresses')).toMatchObject({
    held: true,
    witness: { what: 'published[0]', at: expect.stringMatching(/publish.* < .*handle/) },
  });
}, 120_000);
