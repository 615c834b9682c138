import type { Clock } from '../base/ports.ts';
import type { LoggedEvent } from '../bus/query.ts';
import { JournalFollower } from '../store/follow.ts';
import type { JournalRecord } from '../store/record.ts';

/** How often a growing journal is looked at, in milliseconds. */
const LOOK_EVERY = 100;

export interface TailSelection {
  /** Topics to show; all without any. */
  readonly topics: readonly string[];
  /** The first `seq` to show. */
  readonly from: number;
}

/**
 * The events of a recording as they become durable, in the order in which they became true, until its seal. Waits while there are none.
 * @throws Failure VNES8001, VNES8003, VNES8004
 */
export async function* tail(
  dir: string,
  selection: TailSelection,
  clock: Clock,
): AsyncGenerator<LoggedEvent> {
  const follower = new JournalFollower(dir);
  while (true) {
    const records = follower.next();
    for (const record of records) yield* eventsIn(record, selection);
    if (follower.sealed) return;
    if (records.length === 0) await clock.sleep(LOOK_EVERY);
  }
}

function* eventsIn(record: JournalRecord, { topics, from }: TailSelection): Generator<LoggedEvent> {
  if (record.type !== 'frame') return;
  for (const event of [...record.ingress, ...record.published]) {
    if (event.seq < from || (topics.length > 0 && !topics.includes(event.topic))) continue;
    yield { ...event, frame: record.frame };
  }
}
