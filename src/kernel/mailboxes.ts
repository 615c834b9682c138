import { compareBy, compareCodeUnits } from '../base/order.ts';
import { asDelivered, Mailbox } from '../bus/mailbox.ts';
import { compareDeliveries } from '../bus/order.ts';
import type { Strategy } from '../bus/steering.ts';
import type { Overflow, Qos } from '../bus/subscription.ts';
import type { Waiting } from '../bus/waiting.ts';
import type { BusEvent, Delivery } from '../capsule/event.ts';
import type { Decision } from '../store/record.ts';
import type { Network } from './binding.ts';
import type { Conditions } from './conditions/conditions.ts';
import { Gauge, type KernelEvent } from './gauge.ts';
import type { Standing } from './standing.ts';

/** A delivery that is due, with its place among the attempts. */
export interface Due {
  readonly delivery: Delivery;
  readonly waiting: Waiting;
  /** Topic for the event when no attempt succeeded. */
  readonly deadLetter?: string | undefined;
  /** Whether another attempt follows a failure of this one. */
  readonly more: boolean;
  readonly qos: Qos;
}

/** What a frame delivers, what became of the rest, and what policies are told of it. */
export interface Taken {
  readonly due: readonly Due[];
  readonly decisions: readonly Decision[];
  readonly figures: readonly KernelEvent[];
}

/** What waits for whom between frames, subscription by subscription. */
export class Mailboxes {
  private readonly network: Network;
  private readonly conditions: Conditions;
  private readonly gauge: Gauge;
  private readonly boxes = new Map<string, Map<string, Mailbox>>();

  /** @param from what waits already and how it is steered; what nobody takes or leaves to a policy any more is not taken over */
  constructor(network: Network, conditions: Conditions, from?: Pick<Standing, 'mail' | 'steering'>) {
    this.network = network;
    this.conditions = conditions;
    this.gauge = new Gauge(from?.steering.told);
    for (const { subscriber, topic, waiting } of from?.mail ?? []) {
      if (network.subscribers(topic).includes(subscriber)) this.box(subscriber, topic).restore(waiting);
    }
    for (const strategy of from?.steering.strategies ?? []) {
      if (this.steers(strategy)) this.box(strategy.subscriber, strategy.topic).steer(strategy.strategy);
    }
  }

  /** What waits, mailbox by mailbox, in one order. */
  standing(): Pick<Standing, 'mail' | 'steering'> {
    const mail = this.all()
      .filter(({ box }) => box.size > 0)
      .map(({ subscriber, topic, box }) => ({ subscriber, topic, waiting: box.content }));
    const strategies = this.all()
      .filter(({ box }) => box.flow.steered)
      .map(({ subscriber, topic, box }) => ({ subscriber, topic, strategy: box.flow.overflow }));
    return { mail, steering: { strategies, told: this.gauge.standing() } };
  }

  /** Events that wait, in all mailboxes. */
  get size(): number {
    return this.all().reduce((sum, { box }) => sum + box.size, 0);
  }

  /** How many of these events, from the first on, fit in without pushing a mailbox beyond its buffer. */
  room(topics: readonly string[]): number {
    const coming = new Map<Mailbox, number>();
    const refused = topics.findIndex(topic =>
      this.network.subscribers(topic).some(subscriber => {
        const box = this.box(subscriber, topic);
        const count = (coming.get(box) ?? 0) + 1;
        coming.set(box, count);
        return count > box.room || this.stuckBehind(topic);
      }),
    );
    return refused < 0 ? topics.length : refused;
  }

  /** Whether a mailbox further on holds input back: what this topic brings would end up there. */
  private stuckBehind(topic: string): boolean {
    return this.network
      .downstream(topic)
      .some(({ subscriber, topic: further }) => this.boxes.get(subscriber)?.get(further)?.full ?? false);
  }

  /** @param frame the one that can deliver them at the earliest */
  put(events: readonly BusEvent[], frame: number): void {
    for (const [topic, of] of Map.groupBy(events, event => event.topic)) {
      for (const subscriber of this.network.subscribers(topic))
        this.box(subscriber, topic).put(of, event => frame + this.delay(event, subscriber));
    }
  }

  /** What the frame delivers, in the total order of deliveries, and what became of those for which there is no room. */
  take(frame: number): Taken {
    const due: Due[] = [];
    const decisions: Decision[] = [];
    const figures: KernelEvent[] = [];
    for (const { subscriber, topic, box } of this.all()) {
      const held = box.held(frame);
      if (held > 0) decisions.push({ kind: 'slow', capsule: subscriber, detail: { topic, events: held } });
      const taken = box.take(frame);
      for (const waiting of taken) due.push(toDue(subscriber, waiting, box));
      const relief = box.relieve();
      if (box.flow.steered) figures.push(...this.gauge.read({ subscriber, topic }, box, taken, relief));
      const { overflow } = box.flow;
      if (relief) decisions.push(...decided('shed', subscriber, topic, overflow, relief.shed));
      if (relief) decisions.push(...decided('fold', subscriber, topic, overflow, relief.folded));
    }
    due.sort((a, b) => compareDeliveries(a.delivery, b.delivery));
    return { due, decisions, figures };
  }

  /** Puts back a delivery that failed or is to be repeated. */
  again({ delivery, waiting }: Due): void {
    this.box(delivery.subscriber, waiting.event.topic).again(waiting);
  }

  /** Puts back a delivery that was not made. */
  putBack({ delivery, waiting }: Due): void {
    this.box(delivery.subscriber, waiting.event.topic).putBack(waiting);
  }

  /** One decision for each mailbox that holds input back. */
  pressure(): readonly Decision[] {
    return this.all()
      .filter(({ box }) => box.full)
      .map(({ subscriber, topic, box }) => ({
        kind: 'backpressure',
        capsule: subscriber,
        detail: { topic, waiting: box.size, buffer: box.flow.buffer },
      }));
  }

  /** Tests must see what happened, so nothing happens to what they are given. */
  private delay(event: BusEvent, subscriber: string): number {
    return this.network.tests.has(subscriber) ? 0 : this.conditions.delay(event, subscriber);
  }

  /** Whether a subscription leaves its overflow to a policy. */
  steers({ subscriber, topic }: Strategy): boolean {
    return (
      this.network.subscribers(topic).includes(subscriber) && this.network.flow(subscriber, topic).steered
    );
  }

  /** Takes over a strategy; the decision, unless it is the one that holds already. */
  steer({ subscriber, topic, strategy }: Strategy, by: string): readonly Decision[] {
    const box = this.box(subscriber, topic);
    const was = box.flow.overflow;
    if (was === strategy) return [];
    box.steer(strategy);
    return [{ kind: 'strategy', capsule: subscriber, detail: { topic, strategy, was, by } }];
  }

  private box(subscriber: string, topic: string): Mailbox {
    const boxes = this.boxes.get(subscriber) ?? new Map<string, Mailbox>();
    this.boxes.set(subscriber, boxes);
    const known = boxes.get(topic);
    if (known) return known;
    const { catalog } = this.network;
    const box = new Mailbox(
      this.network.flow(subscriber, topic),
      payload => catalog.check(topic, payload, subscriber).length === 0,
    );
    boxes.set(topic, box);
    return box;
  }

  /** In one order, whatever order they came up in. */
  private all() {
    return [...this.boxes]
      .flatMap(([subscriber, boxes]) => [...boxes].map(([topic, box]) => ({ subscriber, topic, box })))
      .sort(bySubscription);
  }
}

const bySubscription = compareBy<{ readonly subscriber: string; readonly topic: string }>(
  (a, b) => compareCodeUnits(a.subscriber, b.subscriber),
  (a, b) => compareCodeUnits(a.topic, b.topic),
);

function toDue(subscriber: string, waiting: Waiting, { flow }: Mailbox): Due {
  const { attempts, qos, deadLetter } = flow;
  const delivery = { event: asDelivered(waiting, flow), subscriber };
  return { delivery, waiting, more: waiting.attempt < attempts, qos, deadLetter };
}

function decided(
  kind: 'shed' | 'fold',
  capsule: string,
  topic: string,
  policy: Overflow,
  events: readonly Waiting[],
): Decision[] {
  if (events.length === 0) return [];
  return [{ kind, capsule, detail: { topic, policy, events: events.map(({ event }) => event.seq) } }];
}
