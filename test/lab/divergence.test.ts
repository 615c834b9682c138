import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import { EMPTY_LOG_ROOT, extendLogRoot } from '../../src/bus/root.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { explainDivergence } from '../../src/lab/explain.ts';
import { replay } from '../../src/lab/replay.ts';
import { stateRoot } from '../../src/state/root.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import type { FrameRecord, JournalRecord } from '../../src/store/record.ts';
import { probeManifest, room, runOrders, type Workshop, workshop } from '../kernel/network.ts';

let shop: Workshop;
let recording: string;

beforeAll(async () => {
  shop = await workshop();
  const one = shop.add('test.one');
  const orders = ['count', 'count', 'error', 'count', 'count', 'trap', 'count'].map(word => ({ do: word }));
  ({ recording } = await runOrders(shop, [one], orders, { frameIngress: 2 }));
});

/** The recording again, with sound hashes, but with frames as `edit` leaves them: what a forger could make. */
function forged(edit: (frame: FrameRecord) => JournalRecord): string {
  const dir = room();
  mkdirSync(dir, { recursive: true });
  cpSync(join(recording, 'objects'), join(dir, 'objects'), { recursive: true });
  const journal = createJournal(dir);
  journal.append(
    [...readJournal(recording)].map(({ record }) => (record.type === 'frame' ? edit(record) : record)),
  );
  journal.close();
  return dir;
}

const inFrame = (number: number, edit: (frame: FrameRecord) => FrameRecord) => (frame: FrameRecord) =>
  frame.frame === number ? edit(frame) : frame;

async function divergenceOf(dir: string) {
  return (await replay({ dir, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') })).divergence;
}

describe('a replay names the first difference', () => {
  test('none in the true recording', async () => {
    expect(await divergenceOf(recording)).toBeUndefined();
  });

  test('an event that was published otherwise', async () => {
    const dir = forged(
      inFrame(1, frame => ({
        ...frame,
        published: frame.published.map(event => ({ ...event, payload: { n: 99 } })),
      })),
    );
    expect(await divergenceOf(dir)).toMatchObject({
      frame: 1,
      event: 5,
      capsule: 'test.one',
      what: 'published[0]',
      recorded: expect.stringContaining('"n":99'),
      actual: expect.stringContaining('"n":3'),
      differences: [{ pointer: '/payload/n', recorded: 99, actual: 3 }],
      before: [0, 1, 2, 3, 4, 5].map(seq => expect.objectContaining({ seq })),
    });
  });

  test('a write of another value', async () => {
    const dir = forged(
      inFrame(0, frame => ({ ...frame, writes: frame.writes.map(write => ({ ...write, value: 7 })) })),
    );
    expect(await divergenceOf(dir)).toMatchObject({ frame: 0, event: 0, what: 'write "test.one/count"' });
  });

  test('a log line that was left out', async () => {
    const dir = forged(inFrame(0, frame => ({ ...frame, logs: frame.logs.slice(0, 1) })));
    expect(await divergenceOf(dir)).toMatchObject({ what: 'log[0]', recorded: undefined });
  });

  test('a failure that was made to look well', async () => {
    const dir = forged(
      inFrame(1, frame => ({
        ...frame,
        deliveries: frame.deliveries.map(({ event, to }) => ({ event, to, outcome: 'ok' })),
      })),
    );
    expect(await divergenceOf(dir)).toMatchObject({
      frame: 1,
      what: 'outcome',
      actual: expect.stringContaining('told to fail'),
    });
  });

  test('a decision that the kernel never took', async () => {
    const decisions = [{ kind: 'suspend', capsule: 'test.one', detail: {} }];
    const dir = forged(inFrame(2, frame => ({ ...frame, decisions })));
    expect(await divergenceOf(dir)).toMatchObject({ frame: 2, capsule: 'kernel', what: 'decisions' });
  });
});

test.each([
  [
    'Python',
    'ValueError: no\n  impl/src/main.py:12 in run\n  impl/src/logic.py:7 in total\n  python/json/__init__.py:3 in loads',
    { file: 'impl/src/logic.py', line: 7 },
  ],
  [
    'AssemblyScript',
    'unreachable code was reached: no (impl/src/main.ts:20:5)',
    { file: 'impl/src/main.ts', line: 20 },
  ],
  [
    'Rust',
    "unreachable code was reached: panicked at 'no', impl/src/logic.rs:9:13",
    { file: 'impl/src/logic.rs', line: 9 },
  ],
  ['a library', 'unreachable code was reached: Index out of range (~lib/array.ts:114:42)', undefined],
])('a trap of %s tells its line in the sources of the capsule', (_, message, place) => {
  const trap = canonicalJson({ event: 1, to: 'test.one', outcome: 'trap', message });
  const divergence = {
    frame: 0,
    event: 1,
    capsule: 'test.one',
    what: 'outcome',
    recorded: '{"outcome":"ok"}',
  };
  const { source } = explainDivergence({ ...divergence, actual: trap }, recording);
  expect(source).toEqual(place && { capsule: 'test.one', ...place });
  expect(explainDivergence({ ...divergence, actual: undefined }, recording)).not.toHaveProperty('source');
});

test('a seal with other roots is a divergence', async () => {
  const dir = room();
  cpSync(join(recording, 'objects'), join(dir, 'objects'), { recursive: true });
  const journal = createJournal(dir);
  const records = [...readJournal(recording)].map(({ record }) => record);
  journal.append(
    records.map(record => (record.type === 'seal' ? { ...record, stateRoot: record.logRoot } : record)),
  );
  journal.close();
  expect(await divergenceOf(dir)).toMatchObject({ what: 'seal stateRoot' });
});

test('a recording without its seal is refused', async () => {
  const dir = room();
  cpSync(join(recording, 'objects'), join(dir, 'objects'), { recursive: true });
  const journal = createJournal(dir);
  journal.append(
    [...readJournal(recording)].map(({ record }) => record).filter(({ type }) => type !== 'seal'),
  );
  journal.close();
  await expect(divergenceOf(dir)).rejects.toThrow('VNES8002');
});

describe('what no run would have written is found', () => {
  /** The recording again with other records, in a folder of its own. */
  function rewritten(from: string, edit: (records: JournalRecord[]) => JournalRecord[]): string {
    const dir = room();
    cpSync(join(from, 'objects'), join(dir, 'objects'), { recursive: true });
    const journal = createJournal(dir);
    journal.append(edit([...readJournal(from)].map(({ record }) => record)));
    journal.close();
    return dir;
  }
  const withHeader = (change: object) =>
    rewritten(recording, records =>
      records.map(record =>
        record.type === 'header'
          ? { ...record, capsules: record.capsules.map(capsule => ({ ...capsule, ...change })) }
          : record,
      ),
    );

  test('an end while events wait for delivery', async () => {
    const one = shop.add('test.first');
    const { interfaces } = probeManifest('test.second');
    const subscribes = [{ topic: 'probe.out.v1', schema: 'spec/schemas/out.json' }];
    const two = shop.add('test.second', {
      interfaces: { wasm: interfaces!.wasm!, bus: { subscribes, publishes: [] } },
    });
    const run = await runOrders(shop, [one, two], [{ do: 'count' }]);
    const dir = rewritten(run.recording, records => {
      const kept = records.filter(record => record.type !== 'frame' || record.frame === 0);
      const frame = kept.find(record => record.type === 'frame')!;
      const events = [...frame.ingress, ...frame.published];
      const entries = frame.writes.map(({ key, value }) => [key, value!] as const);
      return kept.map(record =>
        record.type === 'seal'
          ? {
              ...record,
              frames: 1,
              events: events.length,
              logRoot: events.reduce(extendLogRoot, EMPTY_LOG_ROOT),
              stateRoot: stateRoot(entries),
            }
          : record,
      );
    });
    expect(await divergenceOf(dir)).toMatchObject({ capsule: 'kernel', what: 'seal' });
  });

  test('a frame in which nothing was left to do', async () => {
    const dir = rewritten(recording, records =>
      records.flatMap((record): JournalRecord[] => {
        if (record.type !== 'seal') return [record];
        const idle = {
          time: 0,
          ingress: [],
          deliveries: [],
          published: [],
          writes: [],
          logs: [],
          decisions: [],
        };
        return [
          { type: 'frame', frame: record.frames, ...idle },
          { ...record, frames: record.frames + 1 },
        ];
      }),
    );
    expect(await divergenceOf(dir)).toMatchObject({ capsule: 'kernel', what: 'frame' });
  });

  test.each([
    ['another zone than that of the manifest and the run', { zone: 'tenant' }],
    ['another name than in the manifest', { id: 'test.other' }],
    ['another version', { version: '9.0.0' }],
    ['calls that lead back', { bindings: { 'probe.double': 'test.one' } }],
    ['calls that lead nowhere', { bindings: { 'probe.double': 'test.absent' } }],
  ])('%s', async (_, change) => {
    await expect(divergenceOf(withHeader(change))).rejects.toThrow('VNES8102');
  });
});
