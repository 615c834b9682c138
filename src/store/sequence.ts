import type { BusEvent } from '../capsule/event.ts';
import type { FrameRecord, JournalRecord, SealRecord } from './record.ts';

/**
 * The order in which records may follow each other, checked by the writer before a write and by the reader after a read: one header,
 * then boot records and frames, then one seal and nothing more. Frames count from 0; events count from 0 through all
 * frames, in each frame first its ingress and then what it published.
 */
export class RecordSequence {
  private state: 'empty' | 'open' | 'sealed' = 'empty';
  private frames = 0;
  private events = 0;

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
    const stray = events.findIndex((event: BusEvent, index) => event.seq !== start + index);
    if (stray >= 0) return `its event ${events[stray]?.seq} stands where event ${start + stray} belongs`;
    this.events += events.length;
    const ahead = record.deliveries.find(delivery => delivery.event >= this.events);
    if (ahead) return `it delivers event ${ahead.event}, which does not exist yet`;
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
