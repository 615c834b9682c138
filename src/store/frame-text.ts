import { canonicalJson, quoted } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import { Texted } from '../base/texted.ts';
import type { BusEvent } from '../capsule/event.ts';
import { payloadText } from '../capsule/placed.ts';
import type { DeliveryRecord, FrameRecord, StateWrite } from './record.ts';

/**
 * The canonical JSON of a frame: just what {@link canonicalJson} makes of it, put together from the texts that its events and writes carry.
 */
export function frameText(record: FrameRecord): string {
  const { decisions, deliveries, frame, ingress, logs, published, time, writes } = record;
  const parts = ['{"decisions":', json(decisions), ',"deliveries":['];
  list(parts, deliveries, pushDelivery);
  parts.push(`],"frame":${frame},"ingress":[`);
  list(parts, ingress, pushEvent);
  parts.push('],"logs":', json(logs), ',"published":[');
  list(parts, published, pushEvent);
  parts.push(`],"time":${time},"type":"frame","writes":[`);
  list(parts, writes, pushWrite);
  parts.push(']}');
  return parts.join('');
}

function list<T>(parts: string[], all: readonly T[], push: (parts: string[], one: T) => void): void {
  for (let index = 0; index < all.length; index += 1) {
    if (index > 0) parts.push(',');
    push(parts, all[index]!);
  }
}

function pushEvent(parts: string[], event: BusEvent): void {
  const { cause, id, key, offset, partition, seq, source, time, topic } = event;
  const named = id === undefined ? '' : `"id":${quoted(id)},`;
  parts.push(
    `{"cause":${cause},${named}"key":${key === null ? 'null' : quoted(key)},"offset":${offset},"partition":${partition},"payload":`,
    payloadText(event),
    `,"seq":${seq},"source":${quoted(source)},"time":${time},"topic":${quoted(topic)}}`,
  );
}

function pushDelivery(parts: string[], delivery: DeliveryRecord): void {
  const { again, attempt, event, message, outcome, to } = delivery;
  const plain = again === undefined && attempt === undefined && message === undefined;
  parts.push(plain ? `{"event":${event},"outcome":"${outcome}","to":${quoted(to)}}` : json(delivery));
}

function pushWrite(parts: string[], write: StateWrite): void {
  const { cause, key, value, version, writer } = write;
  parts.push(
    `{"cause":${cause},"key":${quoted(key)},"value":`,
    Texted.of(write, value).get(),
    `,"version":${version},"writer":${quoted(writer)}}`,
  );
}

/** Parts of a record are JSON by construction. */
function json(value: unknown): string {
  return canonicalJson(value as JsonValue);
}
