import { LazyText } from '../base/texted.ts';
import { TopicOffsets } from '../bus/offsets.ts';
import { partitionOf } from '../bus/partition.ts';
import type { BusEvent } from '../capsule/event.ts';
import { PlacedEvent } from '../capsule/placed.ts';
import type { Standing } from './standing.ts';

/** An event without its place on the bus. */
export type UnplacedEvent = Pick<BusEvent, 'topic' | 'time' | 'key' | 'payload' | 'source' | 'id'>;

/** Gives events their places: partition by key, offset within the partition, `seq` over all. The only authority for them. */
export class Sequencer {
  private nextSeq: number;
  private readonly offsets: TopicOffsets;
  private readonly partitions: (topic: string) => number;

  /** @param from where to go on */
  constructor(partitions: (topic: string) => number, from?: Pick<Standing, 'events' | 'offsets'>) {
    this.partitions = partitions;
    this.nextSeq = from?.events ?? 0;
    this.offsets = new TopicOffsets(from?.offsets);
  }

  /** Where it stands. */
  standing(): Pick<Standing, 'events' | 'offsets'> {
    return { events: this.nextSeq, offsets: this.offsets.entries() };
  }

  /** One that goes on from another place, with the same partitions. */
  at(from: Pick<Standing, 'events' | 'offsets'>): Sequencer {
    return new Sequencer(this.partitions, from);
  }

  /** Number of events placed so far. */
  get count(): number {
    return this.nextSeq;
  }

  /** @param text of the payload, where something else carries it */
  place(event: UnplacedEvent, cause: number | null, text: LazyText = new LazyText(event.payload)): BusEvent {
    const partition = partitionOf(event.key, this.partitions(event.topic));
    const offset = this.offsets.take(event.topic, partition);
    return new PlacedEvent(event, { cause, offset, partition, seq: this.nextSeq++ }, text);
  }
}
