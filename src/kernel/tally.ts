import type { DeliveryRecord, FrameRecord } from '../store/record.ts';

/** How often each outcome occurred. */
export type OutcomeCounts = Record<DeliveryRecord['outcome'], number>;

export interface CapsuleCounts {
  readonly deliveries: OutcomeCounts;
  published: number;
  writes: number;
  suspended: boolean;
  /** Message of the first delivery that did not end well, and the event it was about. */
  firstFailure?: { readonly event: number; readonly outcome: string; readonly message: string };
}

const NONE: OutcomeCounts = { ok: 0, error: 0, trap: 0, fault: 0, skipped: 0 };

/** Counts what a run did, from its records alone. */
export class Tally {
  readonly capsules = new Map<string, CapsuleCounts>();
  readonly topics = new Map<string, number>();
  ingress = 0;

  add(record: FrameRecord): void {
    this.ingress += record.ingress.length;
    for (const delivery of record.deliveries) this.countDelivery(delivery);
    for (const { topic } of [...record.ingress, ...record.published]) {
      this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    }
    for (const { source } of record.published) this.of(source).published += 1;
    for (const { writer } of record.writes) this.of(writer).writes += 1;
    for (const { kind, capsule } of record.decisions) {
      if (kind === 'suspend') this.of(capsule).suspended = true;
    }
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

  private countDelivery({ to, outcome, event, message }: DeliveryRecord): void {
    const counts = this.of(to);
    counts.deliveries[outcome] += 1;
    if (outcome !== 'ok' && outcome !== 'skipped')
      counts.firstFailure ??= { event, outcome, message: message ?? '' };
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
