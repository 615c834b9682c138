import type { BusEvent } from '../capsule/event.ts';
import type { FrameRecord, JournalRecord, SealRecord } from './record.ts';

/**
 * The order in which records may follow each other, checked by the writer before a write and by the reader after a read: one header,
 * then boot records and frames, then one seal and nothing more. Frames count from 0; events count from 0 through all
 * frames, in each frame first its ingress and then what it published; offsets count from 0 in each partition, and versions from 1
 * for each key.
 */
export class RecordSequence {
  private state: 'empty' | 'open' | 'sealed' = 'empty';
  private frames = 0;
  private events = 0;
  private readonly offsets = new Map<string, number>();
  private readonly versions = new Map<string, number>();

  get sealed(): boolean {
    return this.state === 'sealed';
  }

  /** Takes the next record; says what is wrong with its place, or nothing. */
  next(record: JournalRecord): string | undefined {
    if (this.state === 'sealed') return 'it stands after the seal';
    if ((record.type === 'header') !== (this.state === 'empty')) {
      return record.type === 'header' ? 'it is a second header' : 'the header is missing before it';
    }
    this.state = record.type === 'seal' ? 'sealed' : 'open';
    if (record.type === 'frame') return this.frame(record);
    if (record.type === 'seal') return this.seal(record);
    return undefined;
  }

  private frame(record: FrameRecord): string | undefined {
    if (record.frame !== this.frames) return `it is frame ${record.frame} where frame ${this.frames} belongs`;
    this.frames += 1;
    const events = [...record.ingress, ...record.published];
    const start = this.events;
    for (const [index, event] of events.entries()) {
      if (event.seq !== start + index)
        return `its event ${event.seq} stands where event ${start + index} belongs`;
      if (event.cause !== null && event.cause >= event.seq)
        return `event ${event.seq} is caused by event ${event.cause}, which comes later`;
      const problem = this.offset(event);
      if (problem !== undefined) return problem;
    }
    this.events += events.length;
    const ahead = record.deliveries.find(delivery => delivery.event >= this.events);
    if (ahead) return `it delivers event ${ahead.event}, which does not exist yet`;
    const baseless = record.writes.find(write => write.cause >= this.events);
    if (baseless) return `it writes for event ${baseless.cause}, which does not exist yet`;
    return this.writes(record);
  }

  private offset({ seq, topic, partition, offset }: BusEvent): string | undefined {
    const expected = this.offsets.get(`${topic}/${partition}`) ?? 0;
    if (offset !== expected)
      return `event ${seq} has offset ${offset} in ${topic}/${partition} where ${expected} belongs`;
    this.offsets.set(`${topic}/${partition}`, expected + 1);
    return undefined;
  }

  private writes(record: FrameRecord): string | undefined {
    for (const { key, version } of record.writes) {
      const expected = (this.versions.get(key) ?? 0) + 1;
      if (version !== expected)
        return `it writes version ${version} of ${JSON.stringify(key)} where version ${expected} belongs`;
      this.versions.set(key, version);
    }
    return undefined;
  }

  private seal(record: SealRecord): string | undefined {
    if (record.frames !== this.frames)
      return `the seal counts ${record.frames} frames, the journal holds ${this.frames}`;
    if (record.events !== this.events)
      return `the seal counts ${record.events} events, the journal holds ${this.events}`;
    return undefined;
  }
}
