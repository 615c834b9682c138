import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EMPTY_LOG_ROOT, extendLogRoot } from '../../src/bus/root.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { type ReplayRequest, replay } from '../../src/lab/replay.ts';
import { StateTable } from '../../src/state/memory.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import type { FrameRecord, JournalRecord } from '../../src/store/record.ts';
import { probeManifest, room, runOrders, type Workshop, workshop } from '../kernel/network.ts';

const ORDERS = ['count', 'error', 'count', 'count'].map(word => ({ do: word }));
let shop: Workshop;

beforeAll(async () => {
  shop = await workshop();
});

/** A recording of one capsule of a tier, and beside it one of D0. */
async function recordingOf(tier: string, runtime: object = {}): Promise<string> {
  const base = probeManifest('test.soft');
  const soft = shop.add('test.soft', {
    capabilities: { provides: [], determinism_tier: tier as 'D1' },
    runtime: { ...base.runtime, ...runtime },
  });
  return (await runOrders(shop, [soft, shop.add('test.exact')], ORDERS, { frameIngress: 2 })).recording;
}

/** The recording as it would be had `edit` been what happened: with sound hashes and roots. */
function altered(recording: string, edit: (frame: FrameRecord) => FrameRecord): string {
  const dir = room();
  mkdirSync(dir, { recursive: true });
  cpSync(join(recording, 'objects'), join(dir, 'objects'), { recursive: true });
  const state = new StateTable();
  let logRoot = EMPTY_LOG_ROOT;
  const seal = (record: JournalRecord): JournalRecord => {
    if (record.type === 'seal') return { ...record, logRoot, stateRoot: state.root() };
    if (record.type !== 'frame') return record;
    const frame = edit(record);
    logRoot = [...frame.ingress, ...frame.published].reduce(extendLogRoot, logRoot);
    state.apply(frame.writes);
    return frame;
  };
  const journal = createJournal(dir);
  journal.append([...readJournal(recording)].map(({ record }) => seal(record)));
  journal.close();
  return dir;
}

const asked = (dir: string, more: Partial<ReplayRequest> = {}) =>
  replay({ dir, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache'), ...more });

/** What the capsule of the tier published and wrote, with other numbers. */
const shifted = (by: number) => (frame: FrameRecord) => ({
  ...frame,
  published: frame.published.map(event =>
    event.source === 'test.soft'
      ? { ...event, payload: { n: (event.payload as { n: number }).n * (1 + by) } }
      : event,
  ),
  writes: frame.writes.map(write =>
    write.writer === 'test.soft' ? { ...write, value: (write.value as number) * (1 + by) } : write,
  ),
});

describe('what a replay asks of a tier', () => {
  test('D1: numbers within the stated tolerance, and no further', async () => {
    const recording = await recordingOf('D1', { tolerance: { relative: 1e-6 } });
    const close = await asked(altered(recording, shifted(1e-7)));
    expect(close.divergence).toBeUndefined();
    expect(Object.fromEntries(close.comparisons)).toEqual({
      'test.soft': 'tolerance',
      'test.exact': 'bytes',
    });
    const far = await asked(altered(recording, shifted(1e-5)));
    expect(far.divergence).toMatchObject({ capsule: 'test.soft', what: 'published[0]' });
  });

  test('D1 without a tolerance: next to none', async () => {
    const recording = await recordingOf('D1_numerically_stable');
    expect((await asked(altered(recording, shifted(1e-14)))).divergence).toBeUndefined();
    expect((await asked(altered(recording, shifted(1e-12)))).divergence).toMatchObject({
      capsule: 'test.soft',
    });
  });

  test('D2: the same facts, whatever it said of the rest', async () => {
    const recording = await recordingOf('D2', { projection: { ignore: ['/n'] } });
    const reworded = (frame: FrameRecord) => ({
      ...frame,
      published: frame.published.map(event =>
        event.source === 'test.soft' ? { ...event, payload: { n: 77 } } : event,
      ),
      logs: frame.logs.map(log =>
        log.capsule === 'test.soft' ? { ...log, message: 'in other words' } : log,
      ),
    });
    expect((await asked(altered(recording, reworded))).divergence).toBeUndefined();
    expect((await asked(altered(recording, shifted(1)))).divergence).toMatchObject({
      what: 'write "test.soft/count"',
    });
  });

  test('NX: nothing; what it did is fed back, and the others are held to theirs', async () => {
    const recording = await recordingOf('NX');
    const outcome = await asked(altered(recording, shifted(3)));
    expect(outcome.divergence).toBeUndefined();
    expect(Object.fromEntries(outcome.comparisons)).toEqual({
      'test.soft': 'recorded',
      'test.exact': 'bytes',
    });
    const other = altered(recording, frame => ({
      ...frame,
      writes: frame.writes.map(write => (write.writer === 'test.exact' ? { ...write, value: -1 } : write)),
    }));
    expect((await asked(other)).divergence).toMatchObject({ capsule: 'test.exact' });
  });

  test('D0: every byte', async () => {
    const recording = await recordingOf('D0');
    expect((await asked(altered(recording, shifted(1e-15)))).divergence).toMatchObject({
      capsule: 'test.soft',
    });
  });
});

describe('a replay of a part', () => {
  let recording: string;
  beforeAll(async () => {
    recording = await recordingOf('D0');
  });

  test('executes only the capsules that were named', async () => {
    const soft = altered(recording, shifted(1));
    expect((await asked(soft, { only: ['test.exact'] })).divergence).toBeUndefined();
    expect((await asked(soft, { only: ['test.soft'] })).divergence).toMatchObject({ capsule: 'test.soft' });
  });

  test('stops once the event was handled', async () => {
    const late = altered(recording, frame => (frame.frame === 1 ? shifted(1)(frame) : frame));
    const early = await asked(late, { until: 0 });
    expect(early.divergence).toBeUndefined();
    expect(early.seal.frames).toBe(1);
    expect((await asked(late, { until: 1 })).divergence).toMatchObject({ frame: 1 });
    expect((await asked(recording)).seal.frames).toBeGreaterThan(2);
  });

  test.each([
    ['one that took no part', { only: ['test.absent'] }],
    ['no event', { until: -1 }],
  ])('is refused when it asks for %s', async (_, part) => {
    await expect(asked(recording, part)).rejects.toThrow('VNES8103');
  });

  test('is refused when it would execute nothing', async () => {
    const experimental = await recordingOf('NX');
    await expect(asked(experimental, { only: ['test.soft'] })).rejects.toThrow('VNES8103');
  });
});
