import type { BusEvent } from '../capsule/event.ts';
import { compareEvents } from './order.ts';
import { OVERFLOW_RULES, type PayloadRule, type Relief } from './overflow.ts';
import type { Flow, Overflow } from './subscription.ts';
import type { Waiting } from './waiting.ts';

const byOrder = (a: Waiting, b: Waiting) => compareEvents(a.event, b.event);

/** The events of one topic that wait for one subscriber. Decides by nothing but its flow and its content. */
export class Mailbox {
  flow: Flow;
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

  /** Another policy from now on. */
  steer(overflow: Overflow): void {
    this.flow = { ...this.flow, overflow };
  }

  /** All that waits, in its order. */
  get content(): readonly Waiting[] {
    return this.waiting;
  }

  /** Takes over what waited elsewhere. */
  restore(waiting: readonly Waiting[]): void {
    this.waiting = [...this.waiting, ...waiting].sort(byOrder);
  }

  /** @param from the first frame that may deliver an event; what is behind it waits too */
  put(events: readonly BusEvent[], from: (event: BusEvent) => number = () => 0): void {
    const fresh = events.map(event => {
      const { time: since } = event;
      return { event, attempt: 1, count: 1, since, from: from(event), turns: 0 };
    });
    this.waiting = this.waiting.concat(fresh).sort(byOrder);
  }

  /** Puts back what failed, or what is to be repeated, for another attempt. */
  again(failed: Waiting): void {
    this.putBack({ ...failed, attempt: failed.attempt + 1 });
  }

  /** Puts back what was taken and not delivered. */
  putBack(taken: Waiting): void {
    this.waiting = [...this.waiting, { ...taken, turns: taken.turns + 1 }].sort(byOrder);
  }

  /** Events that wait though they could have been delivered in this frame, were the subscriber not slow. */
  held(frame: number): number {
    return Math.min(this.size, this.flow.perFrame) - this.ready(frame);
  }

  /** What this frame delivers. */
  take(frame = 0): readonly Waiting[] {
    const taken = this.waiting.slice(0, this.ready(frame));
    this.waiting = this.waiting.slice(taken.length);
    return taken;
  }

  private ready(frame: number): number {
    const offered = this.waiting.slice(0, this.flow.perFrame);
    const slow = offered.findIndex(({ from }) => from > frame);
    return slow < 0 ? offered.length : slow;
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
