import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FrameRecord } from '../../src/store/record.ts';
import { delays, execute, flows, input, nodes, topic } from './tables.ts';

test('the records do not depend on which instance is slow', async () => {
  await fc.assert(
    fc.asyncProperty(
      nodes,
      input,
      delays,
      delays,
      fc.integer({ min: 1, max: 8 }),
      async (table, events, a, b, size) => {
        const first = await execute(table, events, a, size);
        const second = await execute(table, events, b, size);
        expect(second.records).toEqual(first.records);
        expect(second.kernel.logRoot).toBe(first.kernel.logRoot);
      },
    ),
    { numRuns: 60 },
  );
});

test('every event reaches every subscriber once, in the frame after it was published, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      nodes,
      input,
      delays,
      fc.integer({ min: 1, max: 8 }),
      async (table, events, slow, size) => {
        const { records } = await execute(table, events, slow, size);
        let waiting: FrameRecord['published'] = [];
        for (const record of records) {
          const due = [...waiting, ...record.ingress];
          const expected = due.flatMap(event =>
            table.flatMap((node, index) =>
              node.takes.some(taken => topic(taken) === event.topic) ? [`${event.seq} c${index}`] : [],
            ),
          );
          expect(record.deliveries.map(({ event, to }) => `${event} ${to}`).toSorted()).toEqual(
            expected.toSorted(),
          );
          const times = record.deliveries.map(({ event }) => due.find(({ seq }) => seq === event)!.time);
          expect(times).toEqual(times.toSorted((x, y) => x - y));
          waiting = record.published;
        }
        expect(waiting).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

test('offsets of a partition, and versions of a key, have no gaps', async () => {
  await fc.assert(
    fc.asyncProperty(
      nodes,
      input,
      delays,
      fc.integer({ min: 1, max: 8 }),
      async (table, events, slow, size) => {
        const { records } = await execute(table, events, slow, size);
        const all = records.flatMap(({ ingress, published }) => [...ingress, ...published]);
        for (const lane of Map.groupBy(
          all,
          ({ topic: name, partition }) => `${name}/${partition}`,
        ).values()) {
          expect(lane.map(({ offset }) => offset)).toEqual(lane.map((_, index) => index));
        }
        const writes = records.flatMap(record => record.writes);
        for (const versions of Map.groupBy(writes, ({ key }) => key).values()) {
          expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1));
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a kernel that stands where another stood goes on as that would have', async () => {
  await fc.assert(
    fc.asyncProperty(
      nodes,
      input,
      delays,
      fc.integer({ min: 1, max: 8 }),
      flows,
      fc.nat(),
      async (table, events, slow, size, flow, cut) => {
        const whole = await execute(table, events, slow, size, { flow });
        const renewed = (frame: number) => frame % 3 === cut % 3;
        const again = await execute(table, events, slow, size, { flow, renewed });
        expect(again.records).toEqual(whole.records);
        expect(again.kernel.logRoot).toBe(whole.kernel.logRoot);
        expect(again.kernel.state.root()).toBe(whole.kernel.state.root());
        expect(again.kernel.standing()).toEqual(whole.kernel.standing());
      },
    ),
    { numRuns: 60 },
  );
});
