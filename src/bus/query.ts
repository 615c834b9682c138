import type { DatabaseSync } from 'node:sqlite';
import { fail } from '../base/diagnostic.ts';
import { parseJson } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { BusEvent } from '../capsule/event.ts';
import { STORED } from '../store/read.ts';

/** What a recording holds of a topic. */
export interface TopicSummary {
  readonly topic: string;
  /** Partitions that hold an event. */
  readonly partitions: number;
  readonly events: number;
  /** `seq` of its first and last event. */
  readonly first: number;
  readonly last: number;
}

export interface LogSelection {
  readonly topic?: string | undefined;
  /** The first `seq` to show; 0 unless told. */
  readonly from?: number | undefined;
  readonly limit?: number | undefined;
}

/** An event with the frame that brought it. */
export type LoggedEvent = BusEvent & { readonly frame: number };

/** The topics of a recording, in code-unit order. */
export function topicsOf(database: DatabaseSync): TopicSummary[] {
  const rows = database.prepare('SELECT topic, partitions, events, first, last FROM topics').all();
  return rows
    .map(row => ({ ...(row as unknown as TopicSummary) }))
    .sort((a, b) => compareCodeUnits(a.topic, b.topic));
}

/** Events in the order in which they became true. @throws Failure VNES7002 when the recording has no event of that topic. */
export function eventsOf(database: DatabaseSync, { topic, from = 0, limit }: LogSelection): LoggedEvent[] {
  if (topic !== undefined) refuseUnknown(database, topic);
  const where = topic === undefined ? 'seq >= ?' : 'seq >= ? AND topic = ?';
  const values = topic === undefined ? [from] : [from, topic];
  const rows = database
    .prepare(`SELECT * FROM events WHERE ${where} ORDER BY seq LIMIT ?`)
    .all(...values, limit ?? -1);
  return rows.map(row => ({
    ...(row as unknown as LoggedEvent),
    payload: parseJson(String(row.payload), STORED),
  }));
}

function refuseUnknown(database: DatabaseSync, topic: string): void {
  const topics = topicsOf(database).map(each => each.topic);
  if (topics.includes(topic)) return;
  fail('VNES7002', `the recording has no event of the topic ${JSON.stringify(topic)}`, {
    expected: topics.join(', ') || 'a recording with events',
    found: JSON.stringify(topic),
    help: 'list the topics with `vnes bus topics DIR`',
  });
}
