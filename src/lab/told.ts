import type { BusEvent, Delivery, Outcome } from '../capsule/event.ts';
import type { Conditions } from '../kernel/conditions/conditions.ts';
import { Descent } from '../kernel/conditions/descent.ts';
import type { Rung } from '../sandbox/contract.ts';
import type { JournalEntry } from '../store/read.ts';
import { outcomesOf } from './tape.ts';

/** How deliveries ended, by the descent of their events: for a network that is given a part of the input. */
export class Told {
  private readonly outcomes = new Map<string, Outcome>();
  private descent = new Descent();
  private counts = new Map<string, number>();
  /** Whether something was asked that the recording does not tell. */
  lost = false;

  constructor(journal: Iterable<JournalEntry>) {
    for (const { record } of journal) {
      if (record.type !== 'frame') continue;
      for (const event of [...record.ingress, ...record.published]) this.descent.add(event);
      const ended = outcomesOf(record);
      for (const { event, to } of record.deliveries) {
        const outcome = ended.get(`${event} ${to}`);
        if (outcome) this.outcomes.set(this.next(event, to), outcome);
      }
    }
    this.begin();
  }

  /** Begins a run anew. */
  begin(): void {
    this.descent = new Descent();
    this.counts = new Map();
    this.lost = false;
  }

  /** How the run is told of its events. */
  within(conditions: Conditions): Conditions {
    return {
      placed: (event: BusEvent) => {
        this.descent.add(event);
        conditions.placed(event);
      },
      intake: input => conditions.intake(input),
      delay: (event, subscriber) => conditions.delay(event, subscriber),
      fate: delivery => conditions.fate(delivery),
      crash: delivery => conditions.crash(delivery),
    };
  }

  /** Runs nothing: a capsule does what it did then with the same event. */
  rung(): Rung {
    const nothing: Outcome = { kind: 'ok', effects: { published: [], writes: [], logs: [] } };
    const instance = {
      init: async () => nothing,
      handle: async (batch: readonly Delivery[]) => batch.map(delivery => this.outcome(delivery)),
      renew: async () => nothing,
      stop: async () => {},
    };
    return { name: 'recording', start: async () => instance };
  }

  private outcome({ event, subscriber }: Delivery): Outcome {
    const outcome = this.outcomes.get(this.next(event.seq, subscriber));
    if (!outcome) this.lost = true;
    return outcome ?? { kind: 'error', message: 'the recording tells of no such delivery' };
  }

  /** A delivery by the descent of its event, its subscriber, and the how-manieth of the event to it. */
  private next(seq: number, subscriber: string): string {
    const name = `${this.descent.nameOf(seq)} ${subscriber}`;
    const count = this.counts.get(name) ?? 0;
    this.counts.set(name, count + 1);
    return `${name} ${count}`;
  }
}
