import type { BusEvent } from '../capsule/event.ts';
import { compareEvents } from './order.ts';
import { OVERFLOW_RULES, type PayloadRule, type Relief } from './overflow.ts';
import type { Flow } from './subscription.ts';
import type { Waiting } from './waiting.ts';

const byOrder = (a: Waiting, b: Waiting) => compareEvents(a.event, b.event);

/** The events of one topic that wait for one subscriber. Decides by nothing but its flow and its content. */
export class Mailbox {
  readonly flow: Flow;
  private readonly fits: PayloadRule;
  private waiting: readonly Waiting[] = [];

  constructor(flow: Flow, fits: PayloadRule) {
    this.flow = flow;
    this.fits = fits;
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Whether input must be held back until something was taken out. */
  get full(): boolean {
    return this.flow.overflow === 'backpressure' && this.size >= this.flow.buffer;
  }

  /** Events of input that the next frame may bring without more waiting after it than the buffer holds. */
  get room(): number {
    const { overflow, buffer, perFrame } = this.flow;
    return overflow === 'backpressure'
      ? Math.max(0, buffer + perFrame - this.size)
      : Number.POSITIVE_INFINITY;
  }

  /** All that waits, in its order. */
  get content(): readonly Waiting[] {
    return this.waiting;
  }

  /** Takes over what waited elsewhere. */
  restore(waiting: readonly Waiting[]): void {
    this.waiting = [...this.waiting, ...waiting].sort(byOrder);
  }

  put(events: readonly BusEvent[]): void {
    const fresh = events.map(event => ({ event, attempt: 1, count: 1, since: event.time }));
    this.waiting = [...this.waiting, ...fresh].sort(byOrder);
  }

  /** Puts back what failed, for another attempt. */
  again(failed: Waiting): void {
    this.waiting = [...this.waiting, { ...failed, attempt: failed.attempt + 1 }].sort(byOrder);
  }

  /** What the next frame delivers. */
  take(): readonly Waiting[] {
    const taken = this.waiting.slice(0, this.flow.perFrame);
    this.waiting = this.waiting.slice(taken.length);
    return taken;
  }

  /** Brings what waits down to what the buffer holds, by the policy; undefined when it fits. */
  relieve(): Relief | undefined {
    if (this.size <= this.flow.buffer) return undefined;
    const relief = OVERFLOW_RULES[this.flow.overflow](this.waiting, this.flow, this.fits);
    this.waiting = [...relief.kept];
    return relief;
  }
}

/** The event as its subscriber gets it: by the policy `count`, always as how many it stands for. */
export function asDelivered({ event, count, since }: Waiting, { overflow }: Flow): BusEvent {
  if (overflow !== 'count') return event;
  return { ...event, payload: { count, since, until: event.time, last: event.payload } };
}
