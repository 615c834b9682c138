import { Texted } from '../base/texted.ts';
import { KERNEL } from '../bus/steering.ts';
import type { BusEvent, Effects, Outcome } from '../capsule/event.ts';
import type { StateDraft } from '../state/memory.ts';
import type { Decision, DeliveryRecord, FrameRecord, LogRecord, StateWrite } from '../store/record.ts';
import type { KernelEvent } from './gauge.ts';
import type { Due } from './mailboxes.ts';
import type { Sequencer, UnplacedEvent } from './sequencer.ts';

/** One delivery and how it ended; `skipped` when its subscriber was suspended. */
export interface Handled {
  readonly due: Due;
  readonly outcome: Outcome | { readonly kind: 'skipped'; readonly message: string };
  /** Whether it failed and is made again. */
  readonly again: boolean;
}

/** What the frame's commit needs to know of the world before it. */
export interface CommitContext {
  readonly frame: number;
  readonly ingress: readonly BusEvent[];
  readonly decisions: readonly Decision[];
  /** What policies are told of the mailboxes. */
  readonly figures: readonly KernelEvent[];
  readonly sequencer: Sequencer;
  /** Gives writes their versions. */
  number(drafts: readonly StateDraft[]): StateWrite[];
}

/**
 * Turns the handled deliveries of a frame, in their total order, into the one record that makes their effects true. Order of
 * effects is order of deliveries, so it does not matter which instance finished first. Members stand in the order of canonical
 * JSON, so that nothing is sorted when it is written.
 */
export function composeFrame(handled: readonly Handled[], context: CommitContext): FrameRecord {
  const published: BusEvent[] = [];
  const drafts: StateDraft[] = [];
  const logs: LogRecord[] = [];
  const deliveries: DeliveryRecord[] = [];
  let time = context.ingress.at(-1)?.time ?? 0;

  for (const each of handled) {
    const { due, outcome } = each;
    const { event, subscriber } = due.delivery;
    time = Math.max(time, event.time);
    deliveries.push(deliveryRecord(each));
    if (outcome.kind !== 'ok') {
      const letter = deadLetter(each);
      if (letter) published.push(context.sequencer.place(letter, event.seq));
      continue;
    }
    for (const effect of outcome.effects.published) {
      const { topic, key, payload } = effect;
      const unplaced = { topic, key, payload, time: event.time, source: subscriber };
      published.push(context.sequencer.place(unplaced, event.seq, Texted.of(effect, payload)));
    }
    for (const effect of lastWrites(outcome.effects)) {
      const { key, value } = effect;
      drafts.push({ cause: event.seq, key, value, writer: subscriber, text: Texted.of(effect, value) });
    }
    for (const { level, message } of outcome.effects.logs) {
      logs.push({ capsule: subscriber, cause: event.seq, level, message });
    }
  }
  for (const event of context.figures) {
    published.push(context.sequencer.place({ ...event, time, source: KERNEL }, event.cause));
  }
  const { frame, ingress, decisions } = context;
  const writes = context.number(drafts);
  return { decisions, deliveries, frame, ingress, logs, published, time, type: 'frame', writes };
}

function deliveryRecord({ due, outcome, again }: Handled): DeliveryRecord {
  const { delivery, waiting } = due;
  const { event, subscriber: to } = delivery;
  if (outcome.kind === 'ok' && waiting.attempt === 1 && !again)
    return { event: event.seq, outcome: 'ok', to };
  return {
    ...(again ? { again } : {}),
    ...(waiting.attempt > 1 ? { attempt: waiting.attempt } : {}),
    event: event.seq,
    ...(outcome.kind === 'ok' ? {} : { message: outcome.message }),
    outcome: outcome.kind,
    to,
  };
}

/** An event that no attempt could deliver, for its dead-letter topic, with the reason. */
function deadLetter({ due, outcome, again }: Handled): UnplacedEvent | undefined {
  const { delivery, waiting } = due;
  const { deadLetter: topic } = due;
  if (again || topic === undefined || outcome.kind === 'ok') return undefined;
  const { event, subscriber } = delivery;
  const payload = {
    subscriber,
    attempts: waiting.attempt,
    outcome: outcome.kind,
    message: outcome.message,
    event: { seq: event.seq, topic: event.topic, partition: event.partition, offset: event.offset },
    payload: event.payload,
  };
  return { topic, key: event.key, payload, time: event.time, source: KERNEL };
}

/** One version a key and delivery: the last write wins. */
function lastWrites({ writes }: Effects): Iterable<Effects['writes'][number]> {
  if (writes.length < 2) return writes;
  return new Map(writes.map(write => [write.key, write])).values();
}
