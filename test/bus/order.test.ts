import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopicOffsets } from '../../src/bus/offsets.ts';
import { compareDeliveries } from '../../src/bus/order.ts';
import { partitionOf } from '../../src/bus/partition.ts';
import { EMPTY_LOG_ROOT, extendLogRoot } from '../../src/bus/root.ts';
import type { BusEvent, Delivery } from '../../src/capsule/event.ts';
import { event } from '../store/recording.ts';

const delivery: fc.Arbitrary<Delivery> = fc
  .record({
    time: fc.nat(2),
    topic: fc.constantFrom('a.v1', 'a.v10', 'B.v1'),
    partition: fc.nat(1),
    offset: fc.nat(11),
    subscriber: fc.constantFrom('a', 'b', 'É', 'z'),
  })
  .map(({ subscriber, ...place }) => ({ event: { ...event(0), ...place }, subscriber }));

describe('the order of deliveries', () => {
  it('is total and the same whatever the order of arrival', () => {
    const name = ({ event: { time, topic, partition, offset }, subscriber }: Delivery): unknown[] => [
      time,
      topic,
      partition,
      offset,
      subscriber,
    ];
    fc.assert(
      fc.property(
        fc
          .array(delivery)
          .chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect([...shuffled].sort(compareDeliveries).map(name)).toEqual(
            [...all].sort(compareDeliveries).map(name),
          );
        },
      ),
    );
  });

  it('goes by time, topic, partition, offset and subscriber, numbers as numbers and names by code units', () => {
    const at = (
      time: number,
      topic: string,
      partition: number,
      offset: number,
      subscriber: string,
    ): Delivery => ({
      event: { ...event(0), time, topic, partition, offset },
      subscriber,
    });
    const ordered = [
      at(1, 'z.v1', 9, 9, 'z'),
      at(2, 'B.v1', 9, 9, 'z'),
      at(2, 'a.v1', 2, 9, 'z'),
      at(2, 'a.v1', 10, 2, 'z'),
      at(2, 'a.v1', 10, 10, 'z'),
      at(2, 'a.v1', 10, 10, 'é'),
      at(10, 'a.v1', 0, 0, 'a'),
    ];
    expect([...ordered].reverse().sort(compareDeliveries)).toEqual(ordered);
  });
});

describe('partitioning', () => {
  it('stays within bounds, depends on the key alone, and spreads', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(partition).toBe(partitionOf(key, partitions));
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
      }),
    );
    const counts = [0, 0, 0, 0];
    for (let n = 0; n < 4000; n += 1) counts[partitionOf(`k${n}`, 4)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('never changes: recordings depend on it', () => {
    // SHA-256 of "abc" begins with ba7816bf.
    expect(partitionOf('abc', 1000)).toBe(0xba7816bf % 1000);
    expect(partitionOf(null, 8)).toBe(0);
    for (const wrong of [0, -1, 1.5, Number.NaN]) expect(() => partitionOf('a', wrong)).toThrow(RangeError);
  });

  it('counts offsets for each partition of each topic', () => {
    const offsets = new TopicOffsets();
    const taken = [
      ['a', 0],
      ['a', 0],
      ['a', 1],
      ['b', 0],
    ].map(([topic, partition]) => offsets.take(topic as string, partition as number));
    expect(taken).toEqual([0, 1, 0, 0]);
    expect(offsets.entries()).toEqual({ 'a/0': 2, 'a/1': 1, 'b/0': 1 });
  });
});

describe('the log root', () => {
  const rootOf = (events: readonly BusEvent[]): string =>
    events.reduce((root, one) => extendLogRoot(root, one), EMPTY_LOG_ROOT);

  it('leaves out who published an event and why', () => {
    expect(rootOf([event(0)])).toBe(rootOf([{ ...event(0), seq: 9, source: 'user.other', cause: 4 }]));
  });

  it.each([
    ['topic', 'x.v1'],
    ['partition', 1],
    ['offset', 1],
    ['time', 1],
    ['key', null],
    ['payload', {}],
  ])('changes with the %s', (field, value) => {
    expect(rootOf([{ ...event(0), [field]: value }])).not.toBe(rootOf([event(0)]));
  });

  it('changes with the order and the number of events', () => {
    const roots = [[], [event(0)], [event(0), event(1)], [event(1), event(0)]].map(rootOf);
    expect(new Set(roots).size).toBe(4);
  });
});
