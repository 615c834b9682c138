import { isReserved, KERNEL } from '../bus/steering.ts';
import type { BusEvent } from '../capsule/event.ts';
import type { Mishap } from '../sandbox/contract.ts';
import type { DeliveryRecord, FrameRecord } from '../store/record.ts';
import { mishapsIn } from './befallen.ts';

/** How often each outcome occurred. */
export type OutcomeCounts = Record<DeliveryRecord['outcome'], number>;

export interface CapsuleCounts {
  readonly deliveries: OutcomeCounts;
  published: number;
  writes: number;
  suspended: boolean;
  /** Sandboxes that died: where another took over, and where nothing could; absent where none did. */
  sandboxes?: { revived: number; abandoned: number };
  /** Message of the first delivery that did not end well, and the event it was about. */
  firstFailure?: { readonly event: number; readonly outcome: string; readonly message: string };
}

/** What flow control did. All are 0 in a run whose subscriptions ask for nothing of the kind. */
export interface FlowCounts {
  /** Deliveries that failed and were made again. */
  redelivered: number;
  /** Events that no attempt could deliver, put on a dead-letter topic. */
  deadLettered: number;
  shed: number;
  folded: number;
  /** Other strategies that policy capsules chose. */
  strategies: number;
  /** Frames after which a subscriber held input back. */
  heldBack: number;
}

const NONE: OutcomeCounts = { ok: 0, error: 0, trap: 0, fault: 0, skipped: 0 };

/** A tally as plain data. */
export interface TallyData {
  readonly ingress: number;
  readonly topics: Readonly<Record<string, number>>;
  readonly flow: FlowCounts;
  readonly capsules: Readonly<Record<string, CapsuleCounts>>;
}

/** Counts what a run did, from its records alone. */
export class Tally {
  readonly capsules = new Map<string, CapsuleCounts>();
  readonly topics = new Map<string, number>();
  ingress = 0;
  readonly flow: FlowCounts = {
    redelivered: 0,
    deadLettered: 0,
    shed: 0,
    folded: 0,
    strategies: 0,
    heldBack: 0,
  };

  data(): TallyData {
    const { ingress, topics, flow, capsules } = this;
    return structuredClone({
      ingress,
      topics: Object.fromEntries(topics),
      flow,
      capsules: Object.fromEntries(capsules),
    });
  }

  /** Takes over what another has counted. */
  restore({ ingress, topics, flow, capsules }: TallyData): void {
    this.ingress = ingress;
    Object.assign(this.flow, flow);
    for (const [topic, count] of Object.entries(topics)) this.topics.set(topic, count);
    for (const [id, counts] of Object.entries(structuredClone(capsules))) this.capsules.set(id, counts);
  }

  add(record: FrameRecord): void {
    this.ingress += record.ingress.length;
    for (const delivery of record.deliveries) this.countDelivery(delivery);
    for (const events of [record.ingress, record.published])
      for (const { topic } of events) this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    for (const { source } of record.published) this.of(source).published += 1;
    for (const { writer } of record.writes) this.of(writer).writes += 1;
    for (const { kind, capsule } of record.decisions) {
      if (kind === 'suspend') this.of(capsule).suspended = true;
    }
    for (const { capsule, kind } of mishapsIn(record.decisions)) this.countDeath(capsule, kind);
    this.countFlow(record);
  }

  /** All deliveries by outcome; they add up to the number of deliveries. */
  get deliveries(): OutcomeCounts {
    const total = { ...NONE };
    for (const { deliveries } of this.capsules.values()) {
      for (const outcome of Object.keys(total) as (keyof OutcomeCounts)[])
        total[outcome] += deliveries[outcome];
    }
    return total;
  }

  private countFlow({ deliveries, published, decisions }: FrameRecord): void {
    const events = (kind: string) =>
      decisions
        .filter(decision => decision.kind === kind)
        .reduce((sum, { detail }) => sum + (detail.events as readonly unknown[]).length, 0);
    this.flow.redelivered += deliveries.filter(({ again }) => again).length;
    this.flow.deadLettered += published.filter(isDeadLetter).length;
    this.flow.shed += events('shed');
    this.flow.folded += events('fold');
    this.flow.strategies += decisions.filter(({ kind }) => kind === 'strategy').length;
    this.flow.heldBack += decisions.some(({ kind }) => kind === 'backpressure') ? 1 : 0;
  }

  private countDelivery({ to, outcome, event, message, again }: DeliveryRecord): void {
    const counts = this.of(to);
    counts.deliveries[outcome] += 1;
    // What is made again has not failed yet.
    if (again) return;
    if (outcome !== 'ok' && outcome !== 'skipped')
      counts.firstFailure ??= { event, outcome, message: message ?? '' };
  }

  private countDeath(capsule: string, kind: Mishap['kind']): void {
    const counts = this.of(capsule);
    counts.sandboxes ??= { revived: 0, abandoned: 0 };
    counts.sandboxes[kind] += 1;
  }

  /** The counts of one capsule, zero for one that did nothing. */
  of(capsule: string): CapsuleCounts {
    const known = this.capsules.get(capsule);
    if (known) return known;
    const fresh = { deliveries: { ...NONE }, published: 0, writes: 0, suspended: false };
    this.capsules.set(capsule, fresh);
    return fresh;
  }
}

/** Besides dead letters, the kernel publishes on its own topics. */
function isDeadLetter({ source, topic }: BusEvent): boolean {
  return source === KERNEL && !isReserved(topic);
}
