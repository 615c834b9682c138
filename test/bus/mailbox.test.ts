import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import { asDelivered, Mailbox } from '../../src/bus/mailbox.ts';
import { type FlowDeclaration, flowOf } from '../../src/bus/subscription.ts';
import type { BusEvent } from '../../src/capsule/event.ts';

function event(seq: number, key: string | null = null, payload: JsonValue = seq): BusEvent {
  return {
    seq,
    topic: 'a.b.v1',
    partition: 0,
    offset: seq,
    time: seq,
    key,
    payload,
    source: 'x',
    cause: null,
  };
}

function box(flow: FlowDeclaration, fits: (payload: JsonValue) => boolean = () => true): Mailbox {
  return new Mailbox(flowOf(flow), fits);
}

/** What a full mailbox of one delivery a frame makes of these events. */
function relieved(
  flow: FlowDeclaration,
  events: readonly BusEvent[],
  fits?: (payload: JsonValue) => boolean,
) {
  const mailbox = box({ per_frame: 1, buffer: 2, ...flow }, fits);
  mailbox.put(events);
  const first = mailbox.take().map(each => asDelivered(each, mailbox.flow));
  const relief = mailbox.relieve();
  const numbers = (of: readonly { readonly event: BusEvent }[] = []) => of.map(each => each.event.seq);
  const left = [];
  while (mailbox.size > 0) left.push(...mailbox.take().map(each => asDelivered(each, mailbox.flow)));
  return { first, left, shed: numbers(relief?.shed), folded: numbers(relief?.folded) };
}

const seqs = (events: readonly BusEvent[]) => events.map(({ seq }) => seq);

describe('without a word about flow', () => {
  test('everything is delivered at once, and once', () => {
    const mailbox = box({});
    mailbox.put([event(1), event(0)]);
    expect(mailbox.take().map(({ event: { seq }, attempt }) => [seq, attempt])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect([mailbox.relieve(), mailbox.size, mailbox.full, mailbox.room]).toEqual([
      undefined,
      0,
      false,
      Number.POSITIVE_INFINITY,
    ]);
    expect(mailbox.flow.attempts).toBe(1);
  });
});

describe('more than the buffer holds', () => {
  const five = [0, 1, 2, 3, 4].map(seq => event(seq, `k${seq % 2}`, { n: seq, [`of${seq}`]: true }));

  test.each([
    ['backpressure', { overflow: 'backpressure' }, [1, 2, 3, 4], [], []],
    ['shed_newest', { overflow: 'shed_newest' }, [1, 2], [3, 4], []],
    ['shed_oldest', { overflow: 'shed_oldest' }, [3, 4], [1, 2], []],
    ['latest', { overflow: 'latest' }, [3, 4], [], [1, 2]],
  ] as const)('%s', (_, flow, left, shed, folded) => {
    const found = relieved(flow, five);
    expect([seqs(found.first), seqs(found.left), found.shed, found.folded]).toEqual([
      [0],
      left,
      shed,
      folded,
    ]);
  });

  test('shed_priority keeps the highest, of equal ones the older, and events without a number last', () => {
    const levels = [9, 1, 5, 'x', 5, 5].map((level, seq) => event(seq, null, { level }));
    const found = relieved({ overflow: 'shed_priority', priority: '/level' }, levels);
    expect([seqs(found.left), found.shed]).toEqual([
      [2, 4],
      [5, 1, 3],
    ]);
  });

  test('merge puts later members over earlier ones, and leaves what would break the schema', () => {
    expect(relieved({ overflow: 'merge' }, five).left.map(({ payload }) => payload)).toEqual([
      { n: 3, of1: true, of3: true },
      { n: 4, of2: true, of4: true },
    ]);
    const small = (payload: JsonValue) => Object.keys(payload as object).length < 3;
    expect(relieved({ overflow: 'merge' }, five, small).left.map(({ payload }) => payload)).toEqual([
      { n: 3, of3: true },
      { n: 4, of4: true },
    ]);
  });

  test('count tells of every delivery how many it stands for', () => {
    const found = relieved({ overflow: 'count' }, five);
    expect([...found.first, ...found.left].map(({ payload }) => payload)).toEqual([
      { count: 1, since: 0, until: 0, last: five[0]!.payload },
      { count: 2, since: 1, until: 3, last: five[3]!.payload },
      { count: 2, since: 2, until: 4, last: five[4]!.payload },
    ]);
  });

  test('folded events that are still too many are shed from the oldest on', () => {
    const keys = [0, 1, 2, 3, 4].map(seq => event(seq, `k${seq}`));
    const found = relieved({ overflow: 'latest' }, keys);
    expect([seqs(found.left), found.shed, found.folded]).toEqual([[3, 4], [1, 2], []]);
  });
});

test('a failed delivery waits in its old place, as the next attempt', () => {
  const mailbox = box({ qos: 'exactly_once', per_frame: 1 });
  mailbox.put([event(0), event(1)]);
  const [first] = mailbox.take();
  mailbox.again(first!);
  expect(mailbox.take().map(({ event: { seq }, attempt }) => [seq, attempt])).toEqual([[0, 2]]);
  expect(mailbox.flow.attempts).toBe(3);
});

test('room is what the buffer and the next frame hold', () => {
  const mailbox = box({ per_frame: 2, buffer: 3 });
  mailbox.put([event(0), event(1), event(2), event(3)]);
  expect([mailbox.room, mailbox.full]).toEqual([1, true]);
});
