import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { replay } from '../../src/lab/replay.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import type { FrameRecord, JournalRecord } from '../../src/store/record.ts';
import { room, runOrders, type Workshop, workshop } from '../kernel/network.ts';

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
