import type { Delivery, Outcome } from '../capsule/event.ts';
import { mishapsIn } from '../kernel/befallen.ts';
import type { Mishap } from '../sandbox/contract.ts';
import type { DeliveryRecord, FrameRecord } from '../store/record.ts';

/** What a recording says of the frame that is being replayed, delivery by delivery. */
export class Tape {
  private record: FrameRecord | undefined;
  private outcomes: ReadonlyMap<string, Outcome> | undefined;
  private mishaps: ReadonlyMap<string, Mishap> = new Map();
  /** Whether the recording is at its end, and capsules do what they do. */
  ended = false;

  /** From here on nothing is recorded. */
  end(): void {
    this.ended = true;
    this.mishaps = new Map();
  }

  /** Goes on to the next frame. */
  turn(record: FrameRecord): void {
    this.record = record;
    this.outcomes = undefined;
    const befell = mishapsIn(record.decisions);
    this.mishaps = new Map(befell.map(({ capsule, ...mishap }) => [`${mishap.event} ${capsule}`, mishap]));
  }

  /** What befell the capsule at a delivery of this frame, if anything. */
  mishap({ event, subscriber }: Delivery): Mishap | undefined {
    return this.mishaps.size === 0 ? undefined : this.mishaps.get(`${event.seq} ${subscriber}`);
  }

  /** How a delivery of this frame ended; a fault when the recording knows nothing of it. */
  outcome({ event, subscriber }: Delivery): Outcome {
    // Where all capsules are executed, nobody asks.
    this.outcomes ??= this.record ? outcomesOf(this.record) : new Map<string, Outcome>();
    return (
      this.outcomes.get(`${event.seq} ${subscriber}`) ?? {
        kind: 'fault',
        message: 'the recording has no such delivery',
      }
    );
  }
}

/** The frame's effects, put together again by the deliveries that they came from. */
export function outcomesOf(record: FrameRecord): ReadonlyMap<string, Outcome> {
  const published = Map.groupBy(record.published, event => `${event.cause} ${event.source}`);
  const writes = Map.groupBy(record.writes, write => `${write.cause} ${write.writer}`);
  const logs = Map.groupBy(record.logs, log => `${log.cause} ${log.capsule}`);
  const outcome = ({ event, to, outcome: kind, message = '' }: DeliveryRecord): Outcome | undefined => {
    const name = `${event} ${to}`;
    if (kind === 'skipped') return undefined;
    if (kind !== 'ok') return { kind, message };
    const effects = {
      published: (published.get(name) ?? []).map(({ topic, key, payload }) => ({ topic, key, payload })),
      writes: (writes.get(name) ?? []).map(({ key, value }) => ({ key, value })),
      logs: (logs.get(name) ?? []).map(({ level, message: said }) => ({ level, message: said })),
    };
    return { kind, effects };
  };
  return new Map(
    record.deliveries.flatMap(each => {
      const found = outcome(each);
      return found ? [[`${each.event} ${each.to}`, found] as const] : [];
    }),
  );
}
