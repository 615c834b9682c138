import type { JsonValue } from '../base/json.ts';
import { type LazyText, Texted } from '../base/texted.ts';
import type { BusEvent } from './event.ts';

/** Where an event stands on the bus, and after which other. */
type Place = Pick<BusEvent, 'cause' | 'offset' | 'partition' | 'seq'>;

/** An event with its place and the text of its payload. Its members stand in the order of canonical JSON, in which they are written. */
export class PlacedEvent extends Texted implements BusEvent {
  readonly cause: number | null;
  declare readonly id?: string;
  readonly key: string | null;
  readonly offset: number;
  readonly partition: number;
  readonly payload: JsonValue;
  readonly seq: number;
  readonly source: string;
  readonly time: number;
  readonly topic: string;

  constructor(event: Omit<BusEvent, keyof Place>, { cause, offset, partition, seq }: Place, text: LazyText) {
    super(text);
    this.cause = cause;
    if (event.id !== undefined) this.id = event.id;
    this.key = event.key;
    this.offset = offset;
    this.partition = partition;
    this.payload = event.payload;
    this.seq = seq;
    this.source = event.source;
    this.time = event.time;
    this.topic = event.topic;
  }
}

/** The canonical JSON of an event's payload. */
export function payloadText(event: BusEvent): string {
  return Texted.of(event, event.payload).get();
}
