import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import { recordedGrades } from '../../src/kernel/quarantine/grades.ts';
import { readCapsules } from '../../src/kernel/recording.ts';
import { runReport } from '../../src/kernel/report.ts';
import { resultsOf, writeResults } from '../../src/kernel/results.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { createBranch } from '../../src/lab/branches.ts';
import { compact } from '../../src/lab/compact.ts';
import { fsck } from '../../src/lab/fsck.ts';
import { headerOf } from '../../src/lab/open.ts';
import { replay } from '../../src/lab/replay.ts';
import {
  createSnapshot,
  deleteSnapshot,
  snapshotPath,
  snapshotSteps,
  verifySnapshot,
} from '../../src/lab/snapshots.ts';
import { exportRecording, importRecording } from '../../src/lab/transfer.ts';
import { whatIf } from '../../src/lab/what-if.ts';
import { resolvePoint } from '../../src/state/point.ts';
import { scanAt, versionAt } from '../../src/state/query.ts';
import { whyOf } from '../../src/state/why.ts';
import { openIndex } from '../../src/store/index.ts';
import { readJournal } from '../../src/store/read.ts';
import { goOnWith, probeManifest, room, runOrders, type Workshop, workshop } from '../kernel/network.ts';
import { failure, SimDisk, seeded } from '../store/faults/sim-disk.ts';
import { codeOf } from '../store/recording.ts';

let shop: Workshop;
let one: string;
let two: string;
let whole: string;
const ORDERS = [
  'count',
  'memory',
  'count',
  'random',
  'error',
  'memory',
  'count',
  'memory',
  'count',
  'trap',
  'count',
  'count',
].map(word => ({ do: word }));

beforeAll(async () => {
  shop = await workshop();
  one = shop.add('test.one');
  const { interfaces } = probeManifest('test.two');
  const slow = { topic: 'probe.order.v1', per_frame: 1, qos: 'at_least_once' as const, attempts: 2 };
  two = shop.add('test.two', {
    interfaces: { ...interfaces!, bus: { ...interfaces!.bus, subscribes: [slow] } },
  });
  const outcome = await runOrders(shop, [one, two], ORDERS, { frameIngress: 2, snapshotEvery: 2 });
  whole = outcome.recording;
  const settings = { seed: '7', epoch: 1000, zone: 'system' };
  const capsules = readCapsules(whole, headerOf(whole).header);
  const boots = [...readJournal(whole)].flatMap(({ record }) => (record.type === 'boot' ? [record] : []));
  writeResults(
    whole,
    resultsOf(outcome.outputs, runReport(settings, capsules, outcome, recordedGrades(boots))),
  );
});

const rule = (frames: number) => ({ who: 'the test', frames });
const codes = async (dir: string) => (await fsck(dir)).diagnostics.map(({ code }) => code);
const replayed = (dir: string) => replay({ dir, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });

function copy(): string {
  const dir = join(room(), 'copy');
  cpSync(whole, dir, { recursive: true });
  return dir;
}

describe('a recording whose history was dropped', () => {
  let dir: string;

  beforeAll(async () => {
    expect(await codes(whole)).toEqual([]);
    dir = copy();
    const outcome = await compact(dir, rule(5));
    expect(outcome).toMatchObject({ frames: 4, segments: 2 });
  });

  test('is sound, and begins with the segment of its snapshot', async () => {
    expect(await codes(dir)).toEqual([]);
    expect(readdirSync(join(dir, 'journal'))[0]).toBe('00000003.vnj');
  });

  test('replays from there to the roots of the whole', async () => {
    const [short, long] = [await replayed(dir), await replayed(whole)];
    expect(short.divergence).toBeUndefined();
    expect(short.seal).toEqual(long.seal);
    expect(short.tally).toEqual(long.tally);
  });

  test('answers as before from there on, and says of what was before that it is gone', async () => {
    const [short, long] = [await openIndex(dir), await openIndex(whole)];
    for (const at of ['frame:3', 'frame:4', 'frame:6', 'end']) {
      const [a, b] = [short, long].map(({ database }) => scanAt(database, '', resolvePoint(database, at)));
      expect(a!.map(({ frame: _, ...version }) => version)).toEqual(
        b!.map(({ frame: _, ...version }) => version),
      );
    }
    for (const at of ['start', '0', 'frame:2', 'probe.order.v1/0/0', '1970-01-01T00:00:02Z'])
      expect(await codeOf(() => resolvePoint(short.database, at)), at).toBe('VNES7014');
    expect(await codeOf(() => resolvePoint(short.database, 'frame:99'))).toBe('VNES7012');
    const at = resolvePoint(short.database, 'frame:3');
    expect(versionAt(short.database, 'test.one/count', at)?.version).toBeGreaterThan(1);
    expect(whyOf(short.database, 'test.one/count', at)?.links).toEqual([]);
    for (const index of [short, long]) index.close();
  });

  test('is gone on from, on branches', async () => {
    const { folder } = await createBranch(dir, 'b', 'frame:5');
    const { seal } = await goOnWith(shop, [one, two], folder, ORDERS);
    expect(seal).toEqual((await replayed(whole)).seal);
    expect((await replayed(folder)).divergence).toBeUndefined();
    expect((await fsck(folder)).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const early = await createBranch(dir, 'early', 'frame:3');
    expect((await goOnWith(shop, [one, two], early.folder, ORDERS)).seal).toEqual(seal);
    expect(await codeOf(() => createBranch(dir, 'gone', 'frame:2'))).toBe('VNES7014');
  });

  test('travels as one file', async () => {
    const file = join(room(), 'short.vnes');
    await exportRecording(dir, file);
    const back = join(room(), 'back');
    await importRecording(file, back);
    expect((await replayed(back)).seal).toEqual((await replayed(whole)).seal);
  });

  test('can be compacted again, and not for nothing', async () => {
    const again = copy();
    await compact(again, rule(3));
    expect(await codeOf(() => compact(again, rule(3)))).toBe('VNES8051');
    expect(await compact(again, rule(6))).toMatchObject({ frames: 6 });
    expect(await codes(again)).toEqual([]);
    expect((await replayed(again)).seal).toEqual((await replayed(whole)).seal);
  });

  test('cannot be asked what would have been from its beginning', async () => {
    const { clock } = hostPorts();
    const request = { dir, folders: [one], cwd: shop.dir, trust: shop.trust, clock };
    expect(await codeOf(() => whatIf(request))).toBe('VNES7014');
  });

  test.each(['base.vns', 'journal/00000003.vnj'])('is refused when a byte of %s was changed', async file => {
    const spoilt = join(room(), 'spoilt');
    cpSync(dir, spoilt, { recursive: true });
    const bytes = readFileSync(join(spoilt, file));
    bytes[Math.floor(bytes.length * 0.7)]! ^= 1;
    writeFileSync(join(spoilt, file), bytes);
    const ended = await codeOf(async () => {
      const { diagnostics } = await fsck(spoilt);
      if (diagnostics.every(({ severity }) => severity !== 'error')) throw new Error('nothing was found');
      await replayed(spoilt);
    });
    expect(['VNES8003', 'VNES8041']).toContain(ended);
  });
});

test('what branches and named snapshots need is kept', async () => {
  const dir = copy();
  await createBranch(dir, 'b', 'frame:3');
  await createSnapshot(dir, 's', 'frame:2');
  expect(await compact(dir, rule(6), { dry: true })).toMatchObject({ frames: 2 });
  expect(readdirSync(dir)).not.toContain('base.vns');
  await compact(dir, rule(6));
  expect((await verifySnapshot(dir, snapshotPath(dir, 's'))).body.frames).toBe(3);
  deleteSnapshot(dir, 's');
  expect(await compact(dir, rule(6))).toMatchObject({ frames: 4 });
});

test('so is what a snapshot of a branch needs from before the branch left', async () => {
  const dir = copy();
  const { folder } = await createBranch(dir, 'b', 'frame:5');
  await createSnapshot(folder, 'early', 'frame:1');
  expect(await compact(dir, rule(6))).toMatchObject({ frames: 2 });
  expect((await verifySnapshot(folder, snapshotPath(folder, 'early'))).body.frames).toBe(2);
});

test('without snapshots of the run, or where they are needed, nothing can be dropped', async () => {
  const { recording } = await runOrders(shop, [one], ORDERS, { frameIngress: 2 });
  expect(await codeOf(() => compact(recording, rule(5)))).toBe('VNES8051');
  expect(await codeOf(() => compact(whole, rule(1)))).toBe('VNES8051');
  const dir = copy();
  const { folder } = await createBranch(dir, 'b', 'end');
  expect(await codeOf(() => compact(folder, rule(1)))).toBe('VNES8051');
  expect(snapshotSteps(dir).length).toBeGreaterThan(2);
});

describe('on a disk that fails', () => {
  /** The recording on a disk in memory, all of it on the platter. */
  function prepared(): SimDisk {
    const disk = new SimDisk();
    const files = readdirSync(whole, { recursive: true, withFileTypes: true }).filter(each => each.isFile());
    for (const { parentPath, name } of files) {
      const path = `/runs/one/${relative(whole, join(parentPath, name))}`;
      if (path.includes('/index.')) continue;
      disk.makeFolder(join(path, '..'));
      const file = disk.create(path);
      disk.write(file, readFileSync(join(parentPath, name)));
      disk.close(file);
    }
    return disk.copy();
  }

  async function complaint(disk: SimDisk): Promise<string | undefined> {
    const { diagnostics, provable } = await fsck('/runs/one', disk);
    const [error] = diagnostics.filter(({ severity }) => severity === 'error');
    return error ? `${error.code}: ${error.message}` : provable.sealed ? undefined : 'the seal is lost';
  }

  test('a loss of power after any operation leaves the whole recording, or the rest of it', async () => {
    const chance = seeded(5);
    const disk = prepared();
    const states: SimDisk[] = [];
    disk.after = () => {
      for (let cut = 0; cut < 6; cut += 1) states.push(disk.crash(chance));
    };
    await compact('/runs/one', rule(5), { disk });
    const begun = { whole: 0, rest: 0 };
    for (const state of states) {
      expect(await complaint(state)).toBeUndefined();
      begun[state.files().includes('/runs/one/base.vns') ? 'rest' : 'whole'] += 1;
    }
    expect(Math.min(begun.whole, begun.rest)).toBeGreaterThan(0);
    const again = states.find(
      state =>
        state.files().includes('/runs/one/journal/00000001.vnj') &&
        state.files().includes('/runs/one/base.vns'),
    );
    await compact('/runs/one', rule(5), { disk: again! });
    expect(await complaint(again!)).toBeUndefined();
    expect(
      again!
        .files()
        .filter(path => path.endsWith('.vnj'))
        .sort()[0],
    ).toBe('/runs/one/journal/00000003.vnj');
  });

  test.each(['EIO', 'ENOSPC'])(
    'any change that fails with %s leaves the whole recording, or the rest of it',
    async code => {
      const changes = new Set(['create', 'write', 'sync', 'syncFolder', 'rename', 'remove']);
      for (let call = 1; ; call += 1) {
        const disk = prepared();
        let calls = 0;
        disk.before = operation => {
          if (!changes.has(operation)) return;
          calls += 1;
          if (calls === call) throw failure(code);
        };
        const ended = await codeOf(() => compact('/runs/one', rule(5), { disk }));
        disk.before = () => {};
        expect(await complaint(disk.copy())).toBeUndefined();
        if (calls < call) return expect(call).toBeGreaterThan(8);
        expect(ended).toBe('VNES8005');
      }
    },
  );
});
