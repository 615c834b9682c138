import type { JsonValue } from '../base/json.ts';
import type { BusEvent, Delivery, Effects, Outcome } from '../capsule/event.ts';
import type { StateDraft } from '../state/memory.ts';
import type { Decision, DeliveryRecord, FrameRecord, LogRecord, StateWrite } from '../store/record.ts';
import type { Sequencer } from './sequencer.ts';

/** One delivery and how it ended; `skipped` when its subscriber was suspended. */
export interface Handled {
  readonly delivery: Delivery;
  readonly outcome: Outcome | { readonly kind: 'skipped'; readonly message: string };
}

/** What the frame's commit needs to know of the world before it. */
export interface CommitContext {
  readonly frame: number;
  readonly ingress: readonly BusEvent[];
  readonly decisions: readonly Decision[];
  readonly sequencer: Sequencer;
  /** Gives writes their versions. */
  number(drafts: readonly StateDraft[]): StateWrite[];
}

/**
 * Turns the handled deliveries of a frame, in their total order, into the one record that makes their effects true. Order of
 * effects is order of deliveries, so it does not matter which instance finished first.
 */
export function composeFrame(handled: readonly Handled[], context: CommitContext): FrameRecord {
  const published: BusEvent[] = [];
  const drafts: StateDraft[] = [];
  const logs: LogRecord[] = [];
  const deliveries: DeliveryRecord[] = [];
  let time = context.ingress.at(-1)?.time ?? 0;

  for (const { delivery, outcome } of handled) {
    const { event, subscriber } = delivery;
    time = Math.max(time, event.time);
    deliveries.push(deliveryRecord(delivery, outcome));
    if (outcome.kind !== 'ok') continue;
    for (const { topic, key, payload } of outcome.effects.published) {
      const unplaced = { topic, key, payload, time: event.time, source: subscriber, cause: event.seq };
      published.push(context.sequencer.place(unplaced));
    }
    for (const [key, value] of lastWrites(outcome.effects)) {
      drafts.push({ key, value, writer: subscriber, cause: event.seq });
    }
    for (const { level, message } of outcome.effects.logs) {
      logs.push({ capsule: subscriber, level, message, cause: event.seq });
    }
  }
  const { frame, ingress, decisions } = context;
  const writes = context.number(drafts);
  return { type: 'frame', frame, time, ingress, deliveries, published, writes, logs, decisions };
}

function deliveryRecord({ event, subscriber }: Delivery, outcome: Handled['outcome']): DeliveryRecord {
  const record = { event: event.seq, to: subscriber, outcome: outcome.kind };
  return outcome.kind === 'ok' ? record : { ...record, message: outcome.message };
}

/** One version a key and delivery: the last write wins. */
function lastWrites(effects: Effects): Map<string, JsonValue | null> {
  return new Map(effects.writes.map(({ key, value }) => [key, value]));
}
