import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradesOf } from '../../src/kernel/quarantine/grades.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { recordEvidence } from '../../src/lab/evidence.ts';
import { fsck } from '../../src/lab/fsck.ts';
import { replay } from '../../src/lab/replay.ts';
import { readJournal } from '../../src/store/read.ts';
import { runCli, runJson } from '../cli/run.ts';
import { room, type Workshop, workshop } from '../kernel/network.ts';
import { PATIENTS, patient, trySeeds } from './lab.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});

describe.each(Object.entries(PATIENTS))('%s', (_, { bug, twin }) => {
  test('is found by seeds', async () => {
    const request = await patient(shop, bug);
    const { undisturbed, failing } = await trySeeds(request);
    expect(undisturbed).toEqual([]);
    expect(failing.length).toBeGreaterThan(0);
    expect(failing.length).toBeLessThan(request.count);
    for (const { complaints } of failing)
      expect(complaints).toMatchObject([{ about: 'invariant', name: 'test.one/held', found: 'false' }]);
  });

  test('is not seen in the twin without it', async () => {
    const { tried, undisturbed, failing } = await trySeeds(await patient(shop, twin));
    expect([tried, undisturbed, failing]).toEqual([40, [], []]);
  });
});

const { bug: repeated } = PATIENTS['a consumer that is not idempotent']!;

test('the same seeds break it, however many networks run at a time', async () => {
  const one = await trySeeds(await patient(shop, repeated, { parallel: 1 }));
  const three = await trySeeds(await patient(shop, repeated, { parallel: 3 }));
  expect(three).toEqual(one);
});

test('a failing seed is recorded, replayed bit for bit, and says what was done to it', async () => {
  const request = await patient(shop, repeated);
  const { failing } = await trySeeds(request);
  const [{ seed, complaints }] = failing as [(typeof failing)[0]];
  const dir = room();
  const settings = { ...request.settings, disturbance: { seed: String(seed), kinds: request.kinds } };
  const complaint = complaints[0]!;
  const { invariants } = await recordEvidence({
    ...request,
    dir,
    settings,
    grades: gradesOf(request.booted.verdicts),
    complaint,
  });
  const again = await replay({ dir, timing: UNDISTURBED, cacheDir: request.cacheDir });
  expect(again.divergence).toBeUndefined();
  expect(again.invariants).toEqual(invariants);
  expect((await fsck(dir)).diagnostics).toEqual([]);
  const kinds = [...readJournal(dir)].flatMap(({ record }) =>
    record.type === 'frame' ? record.decisions.map(({ kind }) => kind) : [],
  );
  expect(kinds).toContain('repeated');
  expect(kinds).not.toContain('lost');
});

test('nothing is disturbed in a kind that was not asked for', async () => {
  const { failing } = await trySeeds(
    await patient(shop, repeated, { kinds: ['timing', 'slow', 'skew', 'loss'] }),
  );
  expect(failing).toEqual([]);
});

test('what breaks by itself is not blamed on a seed', async () => {
  const invariant = { name: 'held', expression: 'size(state) == 0' };
  const { tried, undisturbed } = await trySeeds(await patient(shop, { ...repeated, invariant }));
  expect([tried, undisturbed]).toMatchObject([0, [{ name: 'test.one/held', frame: 0 }]]);
});

test('a breakdown counts when it takes a seed to happen', async () => {
  const orders = [{ do: 'trap' }, ...repeated.orders];
  const { undisturbed, failing } = await trySeeds(await patient(shop, { ...repeated, orders }));
  expect(undisturbed).toMatchObject([{ about: 'breakdown', name: 'test.one' }]);
  expect(failing.flatMap(({ complaints }) => complaints.map(({ about }) => about))).not.toContain(
    'breakdown',
  );
});

describe('the command', () => {
  const words = (dir: string, folder: string, ...more: string[]) => [
    ...['lab', 'seeds', '40', folder, '--input', 'input.ndjson', '--trust', join(shop.dir, 'trust.json')],
    ...['--frame-events', '4', '-C', dir, ...more],
  ];

  test('tells the seeds, records the first, and its replay fails for the same reason', async () => {
    const { capsules, booted, input } = await patient(shop, repeated);
    const dir = room();
    writeFileSync(
      join(dir, 'input.ndjson'),
      input.map(({ source: _, ...line }) => JSON.stringify(line)).join('\n'),
    );
    const folder = booted.verdicts[0]!.folder;
    const { stdout, stderr, status } = await runCli(words(dir, folder));
    expect(capsules).toHaveLength(1);
    expect(status).toBe(1);
    expect(stdout).toMatch(/seeds +1 to 40: \d+ of 40 break it/);
    expect(stderr).toContain('VNES8204');
    expect(stderr).toContain('vnes replay .vnes/runs/0001');
    const replayed = await runJson(['replay', '.vnes/runs/0001', '-C', dir]);
    expect([replayed.exitCode, replayed.diagnostics[0]?.code]).toEqual([1, 'VNES8201']);
    const calm = await runCli(words(dir, folder, '--kind', 'timing'));
    expect([calm.status, calm.stdout]).toEqual([0, expect.stringContaining('nothing breaks')]);
    const unknown = await runJson(words(dir, folder, '--kind', 'weather'));
    expect([unknown.exitCode, unknown.diagnostics[0]?.code]).toEqual([2, 'VNES9006']);
  });

  test('refuses to look for nothing', async () => {
    const dir = room();
    writeFileSync(join(dir, 'input.ndjson'), '{"topic":"probe.order.v1","payload":{"do":"count"}}');
    const report = await runJson(words(dir, shop.add('test.bare')));
    expect([report.exitCode, report.diagnostics[0]?.code]).toEqual([2, 'VNES8205']);
  });
});
