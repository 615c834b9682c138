import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { compareRecordings } from '../../src/lab/branch-diff.ts';
import {
  branchFolder,
  createBranch,
  deleteBranch,
  listBranches,
  recordingAt,
  switchBranch,
} from '../../src/lab/branches.ts';
import { fsck } from '../../src/lab/fsck.ts';
import { replay } from '../../src/lab/replay.ts';
import { exportRecording, importRecording } from '../../src/lab/transfer.ts';
import { resolvePoint } from '../../src/state/point.ts';
import { versionAt } from '../../src/state/query.ts';
import { openIndex } from '../../src/store/index.ts';
import { goOnWith, probeManifest, room, runOrders, type Workshop, workshop } from '../kernel/network.ts';
import { codeOf } from '../store/recording.ts';

let shop: Workshop;
let one: string;
let two: string;

const WORDS = ['count', 'memory', 'random', 'error', 'trap', 'break-schema', 'foreign-key'];
const ordersOf = (words: readonly string[]) => words.map(word => ({ do: word }));
const TEN = ordersOf([
  'count',
  'memory',
  'count',
  'random',
  'trap',
  'memory',
  'count',
  'error',
  'memory',
  'count',
]);

beforeAll(async () => {
  shop = await workshop();
  one = shop.add('test.one');
  const { interfaces } = probeManifest('test.two');
  const schedules = [{ topic: 'probe.order.v1', every_ms: 700, payload: { do: 'memory' } }];
  const slow = {
    topic: 'probe.order.v1',
    schema: 'spec/schemas/order.json',
    per_frame: 2,
    qos: 'at_least_once' as const,
    attempts: 2,
  };
  two = shop.add('test.two', {
    interfaces: { ...interfaces!, bus: { ...interfaces!.bus, subscribes: [slow] }, schedules },
  });
});

/** What is wrong with a recording, but that nobody wrote what follows from it. */
const sound = async (dir: string) =>
  (await fsck(dir)).diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
const replayed = (dir: string) => replay({ dir, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });

test('to go on from any frame with what was left of the input leads to the roots of the unbroken run', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 14 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(),
      fc.string(),
      async (words, frameIngress, cut, seed) => {
        const orders = ordersOf(words);
        const whole = await runOrders(shop, [one, two], orders, { frameIngress, seed });
        const { folder } = await createBranch(whole.recording, 'b', `frame:${cut % whole.seal.frames}`);
        const { seal, tally } = await goOnWith(shop, [one, two], folder, orders);
        expect(seal).toEqual(whole.seal);
        expect(tally).toEqual(whole.tally);
      },
    ),
    { numRuns: 4 },
  );
}, 60_000);

describe('a branch', () => {
  let recording: string;
  let branch: string;

  beforeAll(async () => {
    ({ recording } = await runOrders(shop, [one, two], TEN, { frameIngress: 3 }));
    ({ folder: branch } = await createBranch(recording, 'fix', 'frame:1'));
    await goOnWith(shop, [one, two], branch, [...TEN, ...TEN]);
  });

  test('replays, with what it goes on from', async () => {
    const { divergence, seal } = await replayed(branch);
    expect(divergence).toBeUndefined();
    expect(seal.frames).toBeGreaterThan(5);
  });

  test('answers from both journals, and is sound', async () => {
    const [of, parent] = [await openIndex(branch), await openIndex(recording)];
    const value = (index: typeof of, at: string) =>
      versionAt(index.database, 'test.one/count', resolvePoint(index.database, at))?.value;
    expect(value(of, 'frame:1')).toBe(value(parent, 'frame:1'));
    expect([value(of, 'end'), value(parent, 'end')]).toEqual([8, 4]);
    for (const index of [of, parent]) index.close();
    expect(await sound(branch)).toEqual([]);
    expect(await sound(recording)).toEqual([]);
  });

  test('holds one small file before something goes on from it, whose reading is complete', async () => {
    const { folder } = await createBranch(recording, 'fresh', 'frame:2');
    expect(readdirSync(folder)).toEqual(['branch.json']);
    expect(statSync(join(folder, 'branch.json')).size).toBeLessThan(400);
    expect(await sound(folder)).toEqual([]);
    const { seal, divergence } = await replayed(folder);
    expect([seal.frames, divergence]).toEqual([3, undefined]);
  });

  test('can be left by others, also at a point before it began', async () => {
    const { fork, folder, dir } = await createBranch(branch, 'early', 'frame:0');
    expect([fork.frames, dir, folder]).toEqual([1, recording, branchFolder(recording, 'early')]);
    const next = await createBranch(branch, 'next', 'end');
    await goOnWith(shop, [one, two], next.folder, [...TEN, ...TEN, ...TEN]);
    expect((await replayed(next.folder)).divergence).toBeUndefined();
    expect(await sound(next.folder)).toEqual([]);
    expect(listBranches(recording).map(({ name }) => name)).toEqual(['early', 'fix', 'fix@next', 'fresh']);
    expect(await codeOf(() => deleteBranch(recording, 'fix'))).toBe('VNES8034');
    deleteBranch(branch, 'next');
    expect(listBranches(branch)).toEqual([]);
  });

  test('leaves out a frame that was not whole at the point', async () => {
    const start = await createBranch(recording, 'start', '0');
    expect([start.fork.frames, start.cut]).toEqual([0, 0]);
    const { seal } = await goOnWith(shop, [one, two], start.folder, TEN);
    expect(seal).toEqual((await replayed(recording)).seal);
  });

  test('is told apart from its parent, by keys and events', async () => {
    const { parting, a, b, keys, events } = await compareRecordings(recording, branch);
    expect(parting).toMatchObject({ frames: 2 });
    expect(a.stateRoot).not.toBe(b.stateRoot);
    expect(keys).toContainEqual({ key: 'test.one/count', a: 4, b: 8 });
    expect(events.length).toBeGreaterThan(10);
    expect(events.some(({ a: was, b: is }) => was === null && is !== null)).toBe(true);
    expect((await compareRecordings(branch, branch)).events).toEqual([]);
  });

  test('is named by its recording, which can be switched to it', async () => {
    const at = (reference: string) => recordingAt('/', reference);
    expect(at(`${recording}@fix`)).toBe(branch);
    expect(at(`${recording}@`)).toBe(recording);
    switchBranch(recording, 'fix');
    expect(at(`${recording}@`)).toBe(branch);
    switchBranch(recording, undefined);
    expect(at(`${recording}@`)).toBe(recording);
    expect(await codeOf(() => at(`${recording}@none`))).toBe('VNES8030');
    expect(await codeOf(() => switchBranch(recording, 'none'))).toBe('VNES8030');
    expect(await codeOf(() => createBranch(recording, 'fix', 'end'))).toBe('VNES8031');
    expect(await codeOf(() => createBranch(recording, '../fix', 'end'))).toBe('VNES8033');
    expect(await codeOf(() => goOnWith(shop, [one, two], branch, TEN))).toBe('VNES8006');
    expect(await codeOf(() => goOnWith(shop, [one, two], recording, TEN))).toBe('VNES8030');
  });

  test('travels as one file, with what it needs of its parents and nothing else', async () => {
    const file = join(room(), 'fix.vnes');
    const copy = join(room(), 'copy');
    await exportRecording(branch, file);
    await importRecording(file, copy);
    expect((await replayed(copy)).seal).toEqual((await replayed(branch)).seal);
    const again = join(room(), 'again.vnes');
    await exportRecording(copy, again);
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
  });
});

describe('a branch with another version', () => {
  test('makes every instance anew, which sees the state, and replays so', async () => {
    const { recording } = await runOrders(shop, [one, two], TEN, { frameIngress: 3 });
    const { folder } = await createBranch(recording, 'newer', 'frame:1');
    const { interfaces, runtime } = probeManifest('test.one');
    const newer = shop.add('test.one', {
      version: '2.0.0',
      interfaces: { ...interfaces!, state: { owns: ['test.one/', 'newer/'] } },
      runtime: { ...runtime, config: { prefix: 'newer/' } },
    });
    const { seal, origin } = await goOnWith(shop, [newer, two], folder, TEN);
    expect(origin.parent.instances).toBe('anew');
    const { divergence, seal: again } = await replayed(folder);
    expect([divergence, again]).toEqual([undefined, seal]);
    expect(await sound(folder)).toEqual([]);
    const { keys } = await compareRecordings(recording, folder);
    expect(keys.map(({ key }) => key)).toEqual(['newer/count', 'test.one/count']);
    shop.add('test.one');
  });
});

describe('a branch that does not fit', () => {
  let recording: string;
  let branch: string;

  beforeAll(async () => {
    ({ recording } = await runOrders(shop, [one], TEN, { frameIngress: 3 }));
    ({ folder: branch } = await createBranch(recording, 'b', 'frame:1'));
    await goOnWith(shop, [one], branch, TEN);
  });

  /** A copy of the recording in which something was changed. */
  function changed(path: string, change: (bytes: Buffer) => Buffer): string {
    const copy = join(room(), 'copy');
    cpSync(recording, copy, { recursive: true });
    writeFileSync(join(copy, path), change(readFileSync(join(copy, path))));
    return branchFolder(copy, 'b');
  }

  const text = (from: string | RegExp, to: string) => (bytes: Buffer) =>
    Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1');

  test.each([
    ['another head', /"head":"sha256:../, '"head":"sha256:00'],
    ['another place', /"records":\d+/, '"records":3'],
    ['a place beyond the end', /"records":\d+/, '"records":99999'],
    ['another parent', '"../.."', '"/tmp"'],
    ['no JSON', '{', ''],
  ])('names %s', async (_, from, to) => {
    const dir = changed('branches/b/branch.json', text(from, to));
    expect(await codeOf(() => replayed(dir))).toBe('VNES8032');
    expect(await codeOf(() => fsck(dir))).toBe('VNES8032');
  });

  test.each(['frames', 'events'])('names other %s, also before anything has gone on', async name => {
    const dir = changed('branches/b/branch.json', text(new RegExp(`"${name}":\\d+`), `"${name}":1`));
    for (const own of ['journal', 'outputs.ndjson', 'report.json'])
      rmSync(join(dir, own), { recursive: true, force: true });
    expect(await codeOf(() => fsck(dir))).toBe('VNES8032');
    expect(await codeOf(() => goOnWith(shop, [one], dir, TEN))).toBe('VNES8032');
  });

  test('counts otherwise than its parent', async () => {
    const dir = changed('branches/b/branch.json', text(/"events":\d+/, '"events":1'));
    expect(await codeOf(() => openIndex(dir))).toBe('VNES8003');
  });

  test('goes on from a damaged recording, which is named', async () => {
    const dir = changed('journal/00000001.vnj', bytes => {
      bytes[2000]! ^= 1;
      return bytes;
    });
    expect(await codeOf(() => replayed(dir))).toBe('VNES8003');
    const { diagnostics } = await fsck(dir);
    expect(diagnostics[0]).toMatchObject({ code: 'VNES8003' });
    expect(diagnostics[0]?.place?.file).toMatch(/copy\/journal\/00000001.vnj$/);
  });

  test('has lost its parent, or lies elsewhere', async () => {
    const copy = join(room(), 'a', 'b');
    cpSync(branch, copy, { recursive: true });
    expect(await codeOf(() => replayed(copy))).toBe('VNES8001');
  });
});
