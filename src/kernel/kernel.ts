import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { compareCodeUnits } from '../base/order.ts';
import { compareDeliveries } from '../bus/order.ts';
import { EMPTY_LOG_ROOT, extendLogRoot } from '../bus/root.ts';
import type { BusEvent, Delivery, Effects, Outcome } from '../capsule/event.ts';
import type { Instance } from '../sandbox/contract.ts';
import type { StateTable } from '../state/memory.ts';
import type { Decision, FrameRecord } from '../store/record.ts';
import { type FrameView, runBatch } from './batch.ts';
import type { Network } from './binding.ts';
import { composeFrame, type Handled } from './frame.ts';
import { Health } from './health.ts';
import type { IngressEvent } from './ingress.ts';
import { Sequencer } from './sequencer.ts';
import type { Timing } from './timing.ts';

/** Frames without input after which a network is taken to chase its own tail. */
const MAX_IDLE_FRAMES = 10_000;

/** An instance and the state as it sees it. */
export interface Seat {
  readonly instance: Instance;
  readonly view: FrameView;
}

/** What both runs and replays ask of a recording's frames: a function from input events to one record. */
export class Kernel {
  readonly state: StateTable;
  private readonly sequencer: Sequencer;
  private readonly health = new Health();
  private readonly network: Network;
  private readonly seats: ReadonlyMap<string, Seat>;
  private readonly timing: Timing;
  private pending: readonly BusEvent[] = [];
  private frames = 0;
  private idleFrames = 0;
  private root: Digest = EMPTY_LOG_ROOT;

  constructor(network: Network, state: StateTable, seats: ReadonlyMap<string, Seat>, timing: Timing) {
    this.network = network;
    this.state = state;
    this.seats = seats;
    this.timing = timing;
    this.sequencer = new Sequencer(topic => network.catalog.topic(topic).partitions);
  }

  /** Whether events wait for delivery. */
  get busy(): boolean {
    return this.pending.length > 0;
  }

  get frameCount(): number {
    return this.frames;
  }

  get eventCount(): number {
    return this.sequencer.count;
  }

  /** Rolling digest over all events so far: equal inputs and equal capsules give equal roots. */
  get logRoot(): Digest {
    return this.root;
  }

  /**
   * Runs one superstep: everything that was published in the frame before, and the given input, is delivered; what that
   * publishes waits for the next frame. The caller makes the record durable before it calls again.
   *
   * @throws Failure VNES5xxx when a sandbox died, VNES6003 when the network never comes to rest.
   */
  async frame(input: readonly IngressEvent[]): Promise<FrameRecord> {
    this.guardAgainstEndlessRun(input.length);
    const frame = this.frames;
    const ingress = input.map(event => this.sequencer.place({ ...event, cause: null }));
    const deliveries = this.deliveriesOf([...this.pending, ...ingress]);
    const { handled, decisions } = await this.deliver(deliveries, frame);
    const { sequencer } = this;
    const number = this.state.number.bind(this.state);
    const record = composeFrame(handled, { frame, ingress, decisions, sequencer, number });
    this.commit(record);
    return record;
  }

  private guardAgainstEndlessRun(inputs: number): void {
    this.idleFrames = inputs > 0 ? 0 : this.idleFrames + 1;
    if (this.idleFrames <= MAX_IDLE_FRAMES) return;
    fail('VNES6003', 'the capsules keep publishing to each other without any input', {
      expected: `rest within ${MAX_IDLE_FRAMES} frames after the last input`,
      help: 'look at the end of the log for the topics that feed each other: vnes bus log DIR',
    });
  }

  private deliveriesOf(events: readonly BusEvent[]): Delivery[] {
    return events
      .flatMap(event => this.network.subscribers(event.topic).map(subscriber => ({ event, subscriber })))
      .sort(compareDeliveries);
  }

  private async deliver(deliveries: readonly Delivery[], frame: number) {
    const batches = Map.groupBy(deliveries, delivery => delivery.subscriber);
    const skipped = new Set([...batches.keys()].filter(name => this.health.isSuspended(name)));
    const running = [...batches].filter(([name]) => !skipped.has(name));
    const finished = new Map(
      await Promise.all(
        running.map(async ([name, batch]) => [name, await this.runOne(name, batch, frame)] as const),
      ),
    );
    const handled = this.inOrder(deliveries, finished);
    return { handled, decisions: this.decide(finished) };
  }

  private async runOne(name: string, batch: readonly Delivery[], frame: number): Promise<readonly Outcome[]> {
    await this.timing.before(name, frame);
    const { instance, view } = this.seats.get(name)!;
    return runBatch(instance, batch, view, effects => this.objection(name, effects));
  }

  /** What the bus or the store has against these effects. */
  private objection(capsule: string, effects: Effects): string | undefined {
    for (const { topic, payload } of effects.published) {
      if (!this.network.publishes(capsule, topic))
        return `published on ${topic}, which its manifest does not declare`;
      const [violation] = this.network.catalog.check(topic, payload);
      if (violation)
        return `published on ${topic} against its schema: ${violation.pointer || '/'} ${violation.message}`;
    }
    for (const { key } of effects.writes) {
      if (!this.network.ownership.mayWrite(capsule, key))
        return `wrote the key ${JSON.stringify(key)}, which it does not own`;
    }
    return undefined;
  }

  private inOrder(
    deliveries: readonly Delivery[],
    finished: ReadonlyMap<string, readonly Outcome[]>,
  ): Handled[] {
    const next = new Map<string, number>();
    return deliveries.map(delivery => {
      const outcomes = finished.get(delivery.subscriber);
      if (!outcomes) return { delivery, outcome: { kind: 'skipped', message: 'the capsule is suspended' } };
      const index = next.get(delivery.subscriber) ?? 0;
      next.set(delivery.subscriber, index + 1);
      return { delivery, outcome: outcomes[index]! };
    });
  }

  private decide(finished: ReadonlyMap<string, readonly Outcome[]>): Decision[] {
    return [...finished]
      .sort(([a], [b]) => compareCodeUnits(a, b))
      .flatMap(([name, outcomes]) => this.health.observe(name, outcomes) ?? []);
  }

  private commit(record: FrameRecord): void {
    this.state.apply(record.writes);
    for (const { view } of this.seats.values()) view.reset();
    for (const event of [...record.ingress, ...record.published]) this.root = extendLogRoot(this.root, event);
    this.pending = record.published;
    this.frames += 1;
  }
}
