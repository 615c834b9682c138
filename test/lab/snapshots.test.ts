import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { createBranch } from '../../src/lab/branches.ts';
import { fsck } from '../../src/lab/fsck.ts';
import { replay } from '../../src/lab/replay.ts';
import {
  createSnapshot,
  deleteSnapshot,
  exportSnapshot,
  importSnapshot,
  namedSnapshots,
  snapshotPath,
  snapshotSteps,
  stepFor,
  verifySnapshot,
} from '../../src/lab/snapshots.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import type { JournalRecord } from '../../src/store/record.ts';
import { goOnWith, probeManifest, room, runOrders, type Workshop, workshop } from '../kernel/network.ts';
import { codeOf } from '../store/recording.ts';

let shop: Workshop;
let one: string;
let two: string;

const WORDS = ['count', 'memory', 'random', 'error', 'trap', 'recurse'];
const ordersOf = (words: readonly string[]) => words.map(word => ({ do: word }));
const NINE = ordersOf(['memory', 'count', 'memory', 'count', 'random', 'memory', 'trap', 'memory', 'count']);

beforeAll(async () => {
  shop = await workshop();
  one = shop.add('test.one');
  const { interfaces } = probeManifest('test.two');
  const slow = { topic: 'probe.order.v1', per_frame: 1, qos: 'at_least_once' as const, attempts: 2 };
  two = shop.add('test.two', {
    interfaces: { ...interfaces!, bus: { ...interfaces!.bus, subscribes: [slow] } },
  });
});

const replayed = async (dir: string, reference?: string) => {
  const from = reference === undefined ? undefined : await stepFor(dir, reference);
  return replay({ dir, from, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
};
const errorsOf = async (dir: string) =>
  (await fsck(dir)).diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);

test('replays from every snapshot, and branches of a run with snapshots, come to the roots of the whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...WORDS), { minLength: 2, maxLength: 9 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      async (words, frameIngress, snapshotEvery, cut) => {
        const orders = ordersOf(words);
        const cacheDir = join(shop.dir, 'cache');
        const { recording, seal } = await runOrders(shop, [one, two], orders, {
          frameIngress,
          snapshotEvery,
        });
        const steps = snapshotSteps(recording);
        expect(steps.map(({ record }) => record.frames)).toEqual(
          Array.from(
            { length: Math.floor(seal.frames / snapshotEvery) },
            (_, at) => (at + 1) * snapshotEvery,
          ),
        );
        const step = steps[cut % Math.max(1, steps.length)];
        const handled = [...readJournal(recording)].flatMap(({ record }) =>
          record.type === 'frame' && record.deliveries.length > 0 ? [record.frame] : [],
        );
        for (const from of [undefined, step]) {
          const request = { dir: recording, from, timing: UNDISTURBED, cacheDir };
          if (from && handled.at(-1)! < from.record.frames) {
            expect(await codeOf(() => replay(request))).toBe('VNES8103');
            continue;
          }
          const outcome = await replay(request);
          expect([outcome.divergence, outcome.seal]).toEqual([undefined, seal]);
        }
        const { folder } = await createBranch(recording, 'b', `frame:${cut % seal.frames}`);
        expect((await goOnWith(shop, [one, two], folder, orders)).seal).toEqual(seal);
        expect((await replayed(folder)).seal).toEqual(seal);
      },
    ),
    { numRuns: 3 },
  );
}, 60_000);

describe('a recording with snapshots', () => {
  let recording: string;

  beforeAll(async () => {
    ({ recording } = await runOrders(shop, [one, two], NINE, { frameIngress: 2, snapshotEvery: 2 }));
  });

  test('is sound, and its instances forget at each', async () => {
    expect(await errorsOf(recording)).toEqual([]);
    const whole = await runOrders(shop, [one, two], NINE, { frameIngress: 2 });
    expect(whole.seal.logRoot).not.toBe((await replayed(recording)).seal.logRoot);
  });

  test('begins a segment with each, so that what stands before can be dropped', () => {
    const first = [...readJournal(recording)]
      .filter(({ offset }) => offset === 48)
      .map(({ record }) => record.type);
    expect(first).toEqual(['header', ...snapshotSteps(recording).map(() => 'snapshot')]);
  });

  test('replays from a name, or from the last step up to a point, and from nothing else', async () => {
    await createSnapshot(recording, 'step', 'frame:3');
    await createSnapshot(recording, 'between', 'frame:2');
    expect((await replayed(recording, 'step')).divergence).toBeUndefined();
    expect((await stepFor(recording, 'frame:4')).record.frames).toBe(4);
    expect((await stepFor(recording, 'end')).record.frames).toBeGreaterThan(4);
    expect(await codeOf(() => stepFor(recording, 'between'))).toBe('VNES8043');
    expect(await codeOf(() => stepFor(recording, 'frame:0'))).toBe('VNES8043');
    const from = await stepFor(recording, 'frame:4');
    expect(await codeOf(() => replay({ dir: recording, from, until: 2, timing: UNDISTURBED }))).toBe(
      'VNES8103',
    );
  });

  test('whose step states another digest is no recording of ours', async () => {
    const records = [...readJournal(recording)].map(({ record }): JournalRecord => {
      return record.type === 'snapshot' ? { ...record, digest: record.stateRoot } : record;
    });
    const forged = room();
    const journal = createJournal(forged);
    for (const record of records) journal.append([record]);
    journal.close();
    cpSync(join(recording, 'objects'), join(forged, 'objects'), { recursive: true });
    expect((await replayed(forged)).divergence?.what).toBe('snapshot digest');
    expect(await codeOf(() => createSnapshot(forged, 'x', 'end'))).toBe('VNES8102');
  });
});

describe('a named snapshot', () => {
  let recording: string;

  beforeAll(async () => {
    ({ recording } = await runOrders(shop, [one], NINE, { frameIngress: 2 }));
  });

  test('holds the state with its root, which is independent of the history', async () => {
    const { body, state } = await createSnapshot(recording, 'all', 'end');
    expect(body.stateRoot).toBe((await replayed(recording)).seal.stateRoot);
    expect(state.get('test.one/count')).toBe(3);
    expect(namedSnapshots(recording)).toMatchObject([{ name: 'all', at: 'end', stateRoot: body.stateRoot }]);
    expect(await errorsOf(recording)).toEqual([]);
  });

  test('is verified, exported and imported, and deleted', async () => {
    await createSnapshot(recording, 'half', 'frame:1');
    expect((await verifySnapshot(recording, snapshotPath(recording, 'half'))).body.frames).toBe(2);
    const file = join(room(), 'half.vns');
    exportSnapshot(recording, 'half', file);
    expect((await importSnapshot(file, recording, 'again')).body.frames).toBe(2);
    expect(readFileSync(file)).toEqual(readFileSync(snapshotPath(recording, 'again')));
    expect(await codeOf(() => importSnapshot(file, recording, 'half'))).toBe('VNES8042');
    expect(await codeOf(() => createSnapshot(recording, 'half', 'end'))).toBe('VNES8042');
    deleteSnapshot(recording, 'half');
    expect(await codeOf(() => deleteSnapshot(recording, 'half'))).toBe('VNES8040');
    const other = await runOrders(shop, [one], NINE.slice(1), { frameIngress: 2 });
    expect(await codeOf(() => importSnapshot(file, other.recording, 'other'))).toBe('VNES8041');
  });

  test.each([
    ['a value', '"value":', '"value":1'],
    ['a root', '"stateRoot":"sha256:', '"stateRoot":"sha256:0'],
    ['an offset', '"offsets":{"probe.order.v1/0":', '"offsets":{"probe.order.v1/0":1'],
    ['half of it', /"value"[\s\S]*$/, ''],
    ['the form', '{', '{ '],
  ])('in which %s was changed is refused', async (_, from, to) => {
    const file = join(room(), 'bad.vns');
    await createSnapshot(recording, `s${_.length}`, 'frame:2');
    exportSnapshot(recording, `s${_.length}`, file);
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    expect(await codeOf(() => importSnapshot(file, recording, 'bad'))).toBe('VNES8041');
  });
});
