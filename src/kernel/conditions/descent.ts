import { canonicalJson } from '../../base/canonical.ts';
import { sha256Raw } from '../../base/digest.ts';
import type { BusEvent } from '../../capsule/event.ts';

/** What an input event says. */
export type Content = Pick<BusEvent, 'topic' | 'time' | 'key' | 'payload'>;

/**
 * Names events by what they go back to and not by their number: which input, who published it and on which topic, the how-manieth. So
 * an event keeps its name when some of the input is taken away.
 */
export class Descent {
  /** By `seq`. */
  private readonly names: string[] = [];
  private readonly counts = new Map<string, number>();

  /** Takes in the next event, in the order of their numbers. */
  add(event: BusEvent): void {
    const { seq, cause, source, topic } = event;
    const from = cause === null ? contentOf(event) : [this.names[cause]!, source, topic];
    const group = sha256Raw(canonicalJson(from)).toString('base64');
    const count = this.counts.get(group) ?? 0;
    this.counts.set(group, count + 1);
    this.names[seq] = `${group} ${count}`;
  }

  nameOf(seq: number): string {
    return this.names[seq]!;
  }
}

export function contentOf({ topic, time, key, payload }: Content) {
  return [topic, time, key, payload];
}
