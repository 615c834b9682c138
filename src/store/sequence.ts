import type { Digest } from '../base/digest.ts';
import type { BusEvent } from '../capsule/event.ts';
import type { Fork } from './branch.ts';
import type { FrameRecord, JournalRecord, SealRecord, SnapshotRecord } from './record.ts';

/** Keys and partitions with the number of the last version and the next offset, and what else goes on. */
export interface Counted {
  readonly frames: number;
  readonly events: number;
  /** By `topic/partition`. */
  readonly offsets: Iterable<readonly [partition: string, next: number]>;
  readonly versions: Iterable<readonly [key: string, last: number]>;
}

const NOTHING: Counted = { frames: 0, events: 0, offsets: [], versions: [] };

/**
 * The order in which records may follow each other, checked by the writer before a write and by the reader after a read: one header,
 * then boot records, frames and snapshots, then one seal and nothing more. Frames count from 0; events count from 0 through all
 * frames, in each frame first its ingress and then what it published; offsets count from 0 in each partition, and versions from 1
 * for each key.
 */
export class RecordSequence {
  private state: 'empty' | 'open' | 'sealed' = 'empty';
  private frames: number;
  private events: number;
  private readonly offsets: Map<string, number>;
  private readonly versions: Map<string, number>;
  /** Whether the first offset and version of each are not known: what came before was dropped. */
  private adopting = false;

  /** @param counted what was counted before the first record; nothing, unless the records go on from others */
  constructor({ frames, events, offsets, versions }: Counted = NOTHING) {
    this.frames = frames;
    this.events = events;
    this.offsets = new Map(offsets);
    this.versions = new Map(versions);
  }

  get sealed(): boolean {
    return this.state === 'sealed';
  }

  /** Takes the next record; says what is wrong with its place, or nothing. */
  next(record: JournalRecord): string | undefined {
    if (this.state === 'sealed') return 'it stands after the seal';
    if ((record.type === 'header') !== (this.state === 'empty')) {
      return record.type === 'header' ? 'it is a second header' : 'the header is missing before it';
    }
    if (record.type === 'header' && (record.parent || record.format !== 1))
      return 'it goes on from another recording, which nothing here names';
    return this.enter(record);
  }

  /** Takes the first record of a branch, which leaves its parent at `fork`. */
  leave(fork: Fork, record: JournalRecord): string | undefined {
    if (record.type !== 'header') return 'the header is missing before it';
    const miscount = this.miscount(fork);
    if (miscount !== undefined) return miscount;
    if (record.format !== 2 || !record.parent || !isSameFork(record.parent, fork))
      return 'it goes on from another place than its branch says';
    return this.enter(record);
  }

  /** Whether a branch that leaves here states other counts. */
  miscount({ frames, events }: Fork): string | undefined {
    if (frames === this.frames && events === this.events) return undefined;
    return `its branch leaves after ${frames} frames with ${events} events, where there were ${this.frames} with ${this.events}`;
  }

  /** Takes the first record that is left of a recording: the snapshot that it begins with. What it counts is taken at its word. */
  begin(digest: Digest, record: JournalRecord): string | undefined {
    if (record.type !== 'snapshot') return 'the snapshot is missing with which the recording begins';
    if (record.digest !== digest) return `it is the snapshot ${record.digest}, where ${digest} belongs`;
    this.frames = record.frames;
    this.events = record.events;
    this.adopting = true;
    this.state = 'open';
    return undefined;
  }

  /** Takes a frame among others whose numbers something else proves. */
  pass(record: FrameRecord): string | undefined {
    if (this.state !== 'open') return this.next(record);
    this.frames += 1;
    this.events += record.ingress.length + record.published.length;
    return undefined;
  }

  private enter(record: JournalRecord): string | undefined {
    this.state = record.type === 'seal' ? 'sealed' : 'open';
    if (record.type === 'frame') return this.frame(record);
    if (record.type === 'seal' || record.type === 'snapshot') return this.counts(record);
    return undefined;
  }

  private frame(record: FrameRecord): string | undefined {
    if (record.frame !== this.frames) return `it is frame ${record.frame} where frame ${this.frames} belongs`;
    this.frames += 1;
    const misplaced = this.place(record.ingress) ?? this.place(record.published);
    if (misplaced !== undefined) return misplaced;
    const ahead = record.deliveries.find(delivery => delivery.event >= this.events);
    if (ahead) return `it delivers event ${ahead.event}, which does not exist yet`;
    const baseless = record.writes.find(write => write.cause >= this.events);
    if (baseless) return `it writes for event ${baseless.cause}, which does not exist yet`;
    return this.writes(record);
  }

  /** Takes events one after the other. */
  private place(events: readonly BusEvent[]): string | undefined {
    for (const event of events) {
      const { seq, cause } = event;
      if (seq !== this.events) return `its event ${seq} stands where event ${this.events} belongs`;
      if (cause !== null && cause >= seq)
        return `event ${seq} is caused by event ${cause}, which comes later`;
      const problem = this.offset(event);
      if (problem !== undefined) return problem;
      this.events += 1;
    }
    return undefined;
  }

  private offset({ seq, topic, partition, offset }: BusEvent): string | undefined {
    const expected = this.offsets.get(`${topic}/${partition}`) ?? (this.adopting ? offset : 0);
    if (offset !== expected)
      return `event ${seq} has offset ${offset} in ${topic}/${partition} where ${expected} belongs`;
    this.offsets.set(`${topic}/${partition}`, expected + 1);
    return undefined;
  }

  private writes(record: FrameRecord): string | undefined {
    for (const { key, version } of record.writes) {
      const expected = (this.versions.get(key) ?? (this.adopting ? version - 1 : 0)) + 1;
      if (version !== expected)
        return `it writes version ${version} of ${JSON.stringify(key)} where version ${expected} belongs`;
      this.versions.set(key, version);
    }
    return undefined;
  }

  private counts({ type, frames, events }: SealRecord | SnapshotRecord): string | undefined {
    if (frames !== this.frames)
      return `the ${type} counts ${frames} frames, the journal holds ${this.frames}`;
    if (events !== this.events)
      return `the ${type} counts ${events} events, the journal holds ${this.events}`;
    return undefined;
  }
}

function isSameFork(a: Fork, b: Fork): boolean {
  return a.records === b.records && a.head === b.head && a.frames === b.frames && a.events === b.events;
}
