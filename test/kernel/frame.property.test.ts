import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopicCatalog } from '../../src/bus/catalog.ts';
import { type FlowDeclaration, flowOf } from '../../src/bus/subscription.ts';
import type { Delivery, Outcome } from '../../src/capsule/event.ts';
import { FrameView } from '../../src/kernel/batch.ts';
import type { Network } from '../../src/kernel/binding.ts';
import { Kernel, type Seat } from '../../src/kernel/kernel.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import type { Instance } from '../../src/sandbox/contract.ts';
import { StateTable } from '../../src/state/memory.ts';
import { ownersOf } from '../../src/state/ownership.ts';
import { USUAL } from '../../src/store/flags.ts';
import type { FrameRecord } from '../../src/store/record.ts';

/** A capsule as a table: which topics it takes, on which later topic it answers, and how long it dawdles. */
interface Node {
  readonly takes: readonly number[];
  readonly answers: number;
  readonly fails: number;
}

const TOPICS = 4;
const topic = (index: number) => `t.n${index}.v1`;

const nodes = fc.array(
  fc.record({
    takes: fc.uniqueArray(fc.nat(TOPICS - 1), { minLength: 1, maxLength: TOPICS }),
    answers: fc.integer({ min: 1, max: TOPICS }),
    fails: fc.integer({ min: 2, max: 9 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const input = fc.array(fc.record({ topic: fc.nat(TOPICS - 1), key: fc.string({ maxLength: 3 }) }), {
  maxLength: 24,
});
const delays = fc.array(fc.nat(3), { minLength: 8, maxLength: 8 });

/** Answers each delivery on a later topic (so that a network comes to rest), counts in state, and fails now and then. */
class TableInstance implements Instance {
  private readonly id: string;
  private readonly node: Node;
  private readonly view: FrameView;
  private readonly delay: number;

  constructor(id: string, node: Node, view: FrameView, delay: number) {
    this.id = id;
    this.node = node;
    this.view = view;
    this.delay = delay;
  }

  async init(): Promise<Outcome> {
    return { kind: 'ok', effects: { published: [], writes: [], logs: [] } };
  }

  async handle(batch: readonly Delivery[]): Promise<readonly Outcome[]> {
    for (let turn = 0; turn < this.delay; turn += 1) await new Promise(resolve => setImmediate(resolve));
    let count = (this.view.get(`${this.id}/count`) as number | undefined) ?? 0;
    return batch.map(({ event }): Outcome => {
      if (event.seq % this.node.fails === 1) return { kind: 'error', message: 'now and then' };
      count += 1;
      const next = Number(/n(\d+)/.exec(event.topic)![1]) + this.node.answers;
      const published = next < TOPICS ? [{ topic: topic(next), key: event.key, payload: count }] : [];
      return {
        kind: 'ok',
        effects: { published, writes: [{ key: `${this.id}/count`, value: count }], logs: [] },
      };
    });
  }

  renew(): Promise<Outcome> {
    return this.init();
  }

  async stop(): Promise<void> {}
}

async function networkOf(table: readonly Node[], flow: FlowDeclaration): Promise<Network> {
  const ids = table.map((_, index) => `c${index}`);
  const declared = table.flatMap(({ takes }, index) => [
    ...takes.map(taken => ({
      topic: topic(taken),
      capsule: ids[index]!,
      role: 'subscribes' as const,
      partitions: 2,
    })),
    ...Array.from({ length: TOPICS }, (_, any) => ({
      topic: topic(any),
      capsule: ids[index]!,
      role: 'publishes' as const,
    })),
  ]);
  const catalog = await TopicCatalog.build(declared);
  return {
    behaviour: USUAL,
    catalog,
    ownership: ownersOf(ids.map(id => ({ id, owns: [`${id}/`] }))),
    components: new Map(),
    schedules: [],
    subscribers: name => catalog.topic(name).subscribers,
    leaves: () => false,
    tests: new Set(),
    flow: () => flowOf(flow),
    publishes: () => true,
    downstream: () => [],
  };
}

async function kernelOf(
  table: readonly Node[],
  slow: readonly number[],
  flow: FlowDeclaration = {},
  from?: Kernel,
): Promise<Kernel> {
  const state = new StateTable();
  state.restore(from?.state.lastWrites() ?? []);
  const seats = table.map((node, index): [string, Seat] => {
    const view = new FrameView(state);
    return [`c${index}`, { view, instance: new TableInstance(`c${index}`, node, view, slow[index]!) }];
  });
  // What a snapshot would hold of it.
  const standing = from && JSON.parse(JSON.stringify(from.standing()));
  return new Kernel(await networkOf(table, flow), state, new Map(seats), UNDISTURBED, { from: standing });
}

async function execute(
  table: readonly Node[],
  events: readonly { topic: number; key: string }[],
  slow: readonly number[],
  size: number,
  { flow = {}, renewed = () => false }: { flow?: FlowDeclaration; renewed?: (frame: number) => boolean } = {},
): Promise<{ records: FrameRecord[]; kernel: Kernel }> {
  let kernel = await kernelOf(table, slow, flow);
  const records: FrameRecord[] = [];
  const ingress = events.map(({ topic: index, key }, time) => ({
    topic: topic(index),
    time,
    key,
    payload: 0,
    source: 'ingress',
  }));
  for (let next = 0; next < ingress.length || kernel.busy; next += size) {
    records.push(await kernel.frame(ingress.slice(next, next + size)));
    if (renewed(records.length)) kernel = await kernelOf(table, slow, flow, kernel);
  }
  return { records, kernel };
}

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

const flows: fc.Arbitrary<FlowDeclaration> = fc.constantFrom<FlowDeclaration>(
  {},
  { per_frame: 1 },
  { per_frame: 1, buffer: 1, overflow: 'backpressure' },
  { per_frame: 2, buffer: 2, overflow: 'shed_oldest' },
  { qos: 'at_least_once', attempts: 3, per_frame: 3 },
);

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
