/** The next offset of each partition of each topic, from 0. */
export class TopicOffsets {
  private readonly next = new Map<string, number>();

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
