import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { gradesOf } from '../../src/kernel/quarantine/grades.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { recordEvidence } from '../../src/lab/evidence.ts';
import { fsck } from '../../src/lab/fsck.ts';
import { replay } from '../../src/lab/replay.ts';
import { shrink } from '../../src/lab/shrink.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal, verifyJournal } from '../../src/store/read.ts';
import type { FrameRecord, JournalRecord } from '../../src/store/record.ts';
import { runCli, runJson } from '../cli/run.ts';
import { probeManifest, room, runOrders, type Workshop, workshop } from '../kernel/network.ts';
import { PATIENTS, patient, trySeeds } from './lab.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
});

const cacheDir = () => join(shop.dir, 'cache');
const small = (dir: string, change: object = {}) =>
  shrink({ dir, target: room, cacheDir: cacheDir(), ...change });
const again = (dir: string) => replay({ dir, timing: UNDISTURBED, cacheDir: cacheDir() });

function inputOf(dir: string): readonly unknown[] {
  return [...readJournal(dir)].flatMap(({ record }) =>
    record.type === 'frame' ? record.ingress.map(({ payload }) => payload) : [],
  );
}

async function recorded(expression: string, orders: readonly object[]): Promise<string> {
  const invariants = [{ name: 'held', expression }];
  const change: Partial<Manifest> = { interfaces: { ...probeManifest('test.one').interfaces, invariants } };
  return (await runOrders(shop, [shop.add('test.one', change)], orders)).recording;
}

describe('a broken invariant', () => {
  const noise = Array.from({ length: 120 }, (_, n) => ({ do: n % 3 === 0 ? 'count' : 'set-by-key', n }));

  test('is left with the events that it takes, and no other', async () => {
    const expression =
      '!("test.one/k1" in state && "test.one/k2" in state) || state["test.one/k1"] != 55.0 || state["test.one/k2"] != 53.0';
    const dir = await recorded(expression, noise);
    const found = await small(dir);
    expect(found).toMatchObject({ shows: { name: 'test.one/held' }, from: 120, to: 2, proven: true });
    expect(inputOf(found.dir)).toEqual([53, 55].map(n => ({ do: 'set-by-key', n })));
    const { divergence, invariants } = await again(found.dir);
    expect(divergence).toBeUndefined();
    expect(invariants).toMatchObject([{ name: 'test.one/held', holds: false }]);
    expect((await fsck(found.dir)).diagnostics).toEqual([]);
  });

  test('of a seed is made small under the same seed, the same each time', async () => {
    const request = await patient(shop, PATIENTS['a consumer that is not idempotent']!.bug);
    const { failing } = await trySeeds(request);
    const dir = room();
    const { kinds, settings, booted } = request;
    await recordEvidence({
      ...{ ...request, dir, grades: gradesOf(booted.verdicts), complaint: failing[0]!.complaints[0]! },
      settings: { ...settings, disturbance: { seed: String(failing[0]!.seed), kinds } },
    });
    const found = await small(dir);
    expect(found).toMatchObject({ from: 12, to: 1, proven: true });
    expect((await again(found.dir)).divergence).toBeUndefined();
    expect(verifyJournal((await small(dir)).dir).head).toBe(verifyJournal(found.dir).head);
  });
});

test('a trap is left with the event that traps, and not with one that traps otherwise', async () => {
  const words = ['count', 'trap', 'count', 'recurse', 'count', 'trap'];
  const { recording } = await runOrders(
    shop,
    [shop.add('test.one')],
    words.map(word => ({ do: word })),
  );
  const found = await small(recording);
  expect(found).toMatchObject({ shows: { about: 'breakdown', name: 'test.one' }, from: 6, to: 1 });
  expect(inputOf(found.dir)).toEqual([{ do: 'trap' }]);
});

describe('a divergence', () => {
  /** The recording again, with sound hashes, but with frames as `edit` leaves them. */
  function forged(from: string, edit: (frame: FrameRecord) => FrameRecord): string {
    const dir = room();
    cpSync(join(from, 'objects'), join(dir, 'objects'), { recursive: true });
    const journal = createJournal(dir);
    const records = [...readJournal(from)].map(
      ({ record }): JournalRecord => (record.type === 'frame' ? edit(record) : record),
    );
    journal.append(records);
    journal.close();
    return dir;
  }

  test('is left with the events that lead to the same values', async () => {
    const words = Array.from({ length: 30 }, (_, index) => (index % 5 === 2 ? 'count' : 'set'));
    const { recording } = await runOrders(
      shop,
      [shop.add('test.one')],
      words.map((word, n) => ({ do: word, n })),
    );
    const dir = forged(recording, frame => ({
      ...frame,
      published: frame.published.map(event => ({
        ...event,
        payload: (event.payload as { n: number }).n === 3 ? { n: 99 } : event.payload,
      })),
    }));
    const before = (await again(dir)).divergence!;
    const found = await small(dir);
    expect(found).toMatchObject({
      shows: { about: 'divergence', name: 'test.one', found: 'published[0]' },
      from: 30,
      to: 3,
    });
    expect(inputOf(found.dir)).toEqual([2, 7, 12].map(n => ({ do: 'count', n })));
    const { divergence } = await again(found.dir);
    expect(divergence).toMatchObject({ capsule: 'test.one', differences: before.differences });
    expect((await fsck(found.dir)).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('is left in a small recording by a replay that is asked to', async () => {
    const orders = ['set', 'count', 'set'].map((word, n) => ({ do: word, n }));
    const { recording } = await runOrders(shop, [shop.add('test.one')], orders);
    const edit = (frame: FrameRecord) => ({
      ...frame,
      writes: frame.writes.map(write => (write.key.endsWith('/count') ? { ...write, value: 7 } : write)),
    });
    const cwd = room();
    const { status, stderr, stdout } = await runCli([
      ...['replay', forged(recording, edit), '--minimal', 'small', '-C', cwd],
    ]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('reproduce: vnes replay small')]);
    expect(stdout).toContain('1 of 3 input events are left in small');
    const report = await runJson(['replay', 'small', '-C', cwd]);
    expect([report.exitCode, report.diagnostics[0]?.code]).toEqual([1, 'VNES8101']);
  });

  test('of the kernel itself is told to be none that gets smaller', async () => {
    const { recording } = await runOrders(shop, [shop.add('test.one')], [{ do: 'count' }]);
    const decisions = [{ kind: 'suspend', capsule: 'test.one', detail: {} }];
    await expect(small(forged(recording, frame => ({ ...frame, decisions })))).rejects.toThrow('VNES8206');
  });
});

test('a recording in which nothing goes wrong is refused, and one in which something else does', async () => {
  const { recording } = await runOrders(shop, [shop.add('test.one')], [{ do: 'count' }]);
  await expect(small(recording)).rejects.toThrow('VNES8205');
  const { recording: bad } = await runOrders(shop, [shop.add('test.one')], [{ do: 'trap' }]);
  await expect(small(bad, { about: 'test.two' })).rejects.toThrow('VNES8205');
});

test('the command says how many are left, and its recording fails for the same reason', async () => {
  const dir = await recorded('!("test.one/count" in state) || state["test.one/count"] < 3', [
    ...['set', 'count', 'count', 'set', 'count', 'set'].map((word, n) => ({ do: word, n })),
  ]);
  const cwd = room();
  const { stdout, status } = await runCli(['lab', 'shrink', dir, '-C', cwd]);
  expect([status, stdout]).toEqual([
    0,
    expect.stringMatching(/input +3 of 6 events are left after \d+ tries/),
  ]);
  const report = await runJson(['replay', '.vnes/runs/0001', '-C', cwd]);
  expect([report.exitCode, report.diagnostics[0]?.code]).toEqual([1, 'VNES8201']);
});
