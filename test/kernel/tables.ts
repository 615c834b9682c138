import fc from 'fast-check';
import { TopicCatalog } from '../../src/bus/catalog.ts';
import { type FlowDeclaration, flowOf } from '../../src/bus/subscription.ts';
import type { Delivery, Outcome } from '../../src/capsule/event.ts';
import { FrameView } from '../../src/kernel/batch.ts';
import type { Network } from '../../src/kernel/binding.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import type { Seat } from '../../src/kernel/performer.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import type { Instance } from '../../src/sandbox/contract.ts';
import { StateTable } from '../../src/state/memory.ts';
import { ownersOf } from '../../src/state/ownership.ts';
import { USUAL } from '../../src/store/flags.ts';
import type { FrameRecord } from '../../src/store/record.ts';

/** A capsule as a table: which topics it takes, on which later topic it answers, and how long it dawdles. */
export interface Node {
  readonly takes: readonly number[];
  readonly answers: number;
  readonly fails: number;
}

const TOPICS = 4;
export const topic = (index: number) => `t.n${index}.v1`;

export const nodes = fc.array(
  fc.record({
    takes: fc.uniqueArray(fc.nat(TOPICS - 1), { minLength: 1, maxLength: TOPICS }),
    answers: fc.integer({ min: 1, max: TOPICS }),
    fails: fc.integer({ min: 2, max: 9 }),
  }),
  { minLength: 1, maxLength: 5 },
);
export const input = fc.array(fc.record({ topic: fc.nat(TOPICS - 1), key: fc.string({ maxLength: 3 }) }), {
  maxLength: 24,
});
export const delays = fc.array(fc.nat(3), { minLength: 8, maxLength: 8 });

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
      // What others have written by the frame's start shows in what it says.
      const seen = this.view.scan('c').reduce((sum, [, value]) => sum + (value as number), count);
      const next = Number(/n(\d+)/.exec(event.topic)![1]) + this.node.answers;
      const published = next < TOPICS ? [{ topic: topic(next), key: event.key, payload: seen }] : [];
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

/** A kernel of such capsules. */
export async function kernelOf(
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

/** What such a network does with events. */
export async function execute(
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

/** What subscriptions may ask for. */
export const flows: fc.Arbitrary<FlowDeclaration> = fc.constantFrom<FlowDeclaration>(
  {},
  { per_frame: 1 },
  { per_frame: 1, buffer: 1, overflow: 'backpressure' },
  { per_frame: 2, buffer: 2, overflow: 'shed_oldest' },
  { qos: 'at_least_once', attempts: 3, per_frame: 3 },
);
