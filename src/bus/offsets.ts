import { compareCodeUnits } from '../base/order.ts';

/** The next offset of each partition of each topic, from 0. */
export class TopicOffsets {
  private readonly next: Map<string, number>;

  /** @param next by `topic/partition`, where to go on */
  constructor(next: Readonly<Record<string, number>> = {}) {
    this.next = new Map(Object.entries(next));
  }

  /** By `topic/partition`, the offset that its next event gets, in code-unit order. */
  entries(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.next].sort(([a], [b]) => compareCodeUnits(a, b)));
  }

  /** The offset that the next event of this partition gets; nothing changes. */
  peek(topic: string, partition: number): number {
    return this.next.get(`${topic}/${partition}`) ?? 0;
  }

  /** Takes the next offset of this partition. */
  take(topic: string, partition: number): number {
    const offset = this.peek(topic, partition);
    this.next.set(`${topic}/${partition}`, offset + 1);
    return offset;
  }
}
