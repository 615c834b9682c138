import { compareCodeUnits } from '../base/order.ts';

/** The next offset of each partition of each topic, from 0. */
export class TopicOffsets {
  private readonly next = new Map<string, Map<number, number>>();

  /** @param next by `topic/partition`, where to go on */
  constructor(next: Readonly<Record<string, number>> = {}) {
    for (const [name, offset] of Object.entries(next)) {
      const cut = name.lastIndexOf('/');
      this.of(name.slice(0, cut)).set(Number(name.slice(cut + 1)), offset);
    }
  }

  /** By `topic/partition`, the offset that its next event gets, in code-unit order. */
  entries(): Readonly<Record<string, number>> {
    const all = [...this.next].flatMap(([topic, of]) =>
      [...of].map(([partition, offset]) => [`${topic}/${partition}`, offset] as const),
    );
    return Object.fromEntries(all.sort(([a], [b]) => compareCodeUnits(a, b)));
  }

  /** Takes the next offset of this partition. */
  take(topic: string, partition: number): number {
    const of = this.of(topic);
    const offset = of.get(partition) ?? 0;
    of.set(partition, offset + 1);
    return offset;
  }

  private of(topic: string): Map<number, number> {
    const known = this.next.get(topic);
    if (known) return known;
    const fresh = new Map<number, number>();
    this.next.set(topic, fresh);
    return fresh;
  }
}
