import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { Mailbox } from '../bus/mailbox.ts';
import type { Relief } from '../bus/overflow.ts';
import { FIGURES_TOPIC, type Figures } from '../bus/steering.ts';
import type { Waiting } from '../bus/waiting.ts';
import type { Subscribed } from './downstream.ts';

/** An event of the kernel's own, before it has its place and time. */
export interface KernelEvent {
  readonly topic: string;
  readonly key: string;
  readonly payload: JsonValue;
  readonly cause: number;
}

/**
 * Tells policies of mailboxes in which something waits or was taken out, and once more when one has run empty. So figures end where
 * waiting ends, and a network comes to rest.
 */
export class Gauge {
  private readonly told: Set<string>;

  /** @param told mailboxes of which was last told that something waits */
  constructor(told: readonly string[] = []) {
    this.told = new Set(told);
  }

  standing(): readonly string[] {
    return [...this.told].sort(compareCodeUnits);
  }

  /** The figures of one mailbox after a frame took from it; nothing when there is nothing to tell. */
  read(
    { subscriber, topic }: Subscribed,
    box: Mailbox,
    taken: readonly Waiting[],
    relief: Relief | undefined,
  ): KernelEvent[] {
    const { overflow, buffer, perFrame } = box.flow;
    const [shed, folded] = [relief?.shed.length ?? 0, relief?.folded.length ?? 0];
    const name = `${subscriber} ${topic}`;
    const busy = box.size + shed + folded > 0;
    if (!busy && !this.told.delete(name)) return [];
    if (busy) this.told.add(name);
    const figures: Figures = {
      subscriber,
      topic,
      strategy: overflow,
      waiting: box.size,
      buffer,
      per_frame: Number.isFinite(perFrame) ? perFrame : null,
      delivered: taken.length,
      shed,
      folded,
    };
    return [
      {
        topic: FIGURES_TOPIC,
        key: subscriber,
        payload: figures as unknown as JsonValue,
        cause: newestOf([...box.content, ...taken, ...(relief?.shed ?? [])]),
      },
    ];
  }
}

/** Figures go back to the newest event that they are about. */
function newestOf(waiting: readonly Waiting[]): number {
  return waiting.reduce((newest, { event }) => Math.max(newest, event.seq), 0);
}
