import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import { sameJson } from '../base/same-json.ts';
import type { DeliveryRecord, FrameRecord } from '../store/record.ts';

/** The first thing in which a replay differs from its recording. */
export interface Divergence {
  readonly frame: number;
  /** `seq` of the event whose delivery went otherwise. */
  readonly event: number;
  readonly capsule: string;
  /** What differs: `outcome`, `published[0]`, `write "key"`, `log[1]`, `decision[0]`. */
  readonly what: string;
  /** Canonical JSON; undefined when that side has no such effect. */
  readonly recorded: string | undefined;
  readonly actual: string | undefined;
}

/**
 * Names the first effect in which two records of the same frame differ, in the order in which the kernel makes effects true:
 * delivery by delivery, and of each its outcome, its events, its writes, its logs.
 */
export function firstDivergence(recorded: FrameRecord, actual: FrameRecord): Divergence | undefined {
  if (sameJson(json(recorded), json(actual))) return undefined;
  const count = Math.max(recorded.deliveries.length, actual.deliveries.length);
  const was = new EffectsOf(recorded);
  const is = new EffectsOf(actual);
  for (let index = 0; index < count; index += 1) {
    const delivery = recorded.deliveries[index] ?? actual.deliveries[index]!;
    const difference = firstDifference(
      was.list(recorded.deliveries[index]),
      is.list(actual.deliveries[index]),
    );
    if (difference)
      return { frame: recorded.frame, event: delivery.event, capsule: delivery.to, ...difference };
  }
  return outsideDeliveries(recorded, actual);
}

/** One effect, with the name that a report calls it by. */
type NamedEffect = readonly [name: string, value: string];

/** Finds the effects of a delivery in a frame's record. */
class EffectsOf {
  private readonly published;
  private readonly writes;
  private readonly logs;

  constructor(frame: FrameRecord) {
    this.published = Map.groupBy(frame.published, event => `${event.cause} ${event.source}`);
    this.writes = Map.groupBy(frame.writes, write => `${write.cause} ${write.writer}`);
    this.logs = Map.groupBy(frame.logs, log => `${log.cause} ${log.capsule}`);
  }

  list(delivery: DeliveryRecord | undefined): NamedEffect[] {
    if (!delivery) return [];
    const of = `${delivery.event} ${delivery.to}`;
    return [
      ['outcome', canonicalJson(json(delivery))],
      ...(this.published.get(of) ?? []).map(named(index => `published[${index}]`)),
      ...(this.writes.get(of) ?? []).map(named((_, write) => `write ${JSON.stringify(write.key)}`)),
      ...(this.logs.get(of) ?? []).map(named(index => `log[${index}]`)),
    ];
  }
}

function named<T extends object>(
  name: (index: number, value: T) => string,
): (value: T, index: number) => NamedEffect {
  return (value, index) => [name(index, value), canonicalJson(json(value))];
}

function firstDifference(was: readonly NamedEffect[], is: readonly NamedEffect[]) {
  for (let index = 0; index < Math.max(was.length, is.length); index += 1) {
    const [recorded, actual] = [was[index], is[index]];
    if (recorded?.[0] === actual?.[0] && recorded?.[1] === actual?.[1]) continue;
    const what = (recorded ?? actual)![0];
    return {
      what,
      recorded: recorded?.[1],
      actual: actual?.[0] === what || !recorded ? actual?.[1] : undefined,
    };
  }
  return undefined;
}

/** The deliveries agree, so the difference lies in what the kernel itself decided. */
function outsideDeliveries(recorded: FrameRecord, actual: FrameRecord): Divergence {
  const event = recorded.deliveries.at(-1)?.event ?? recorded.ingress[0]?.seq ?? 0;
  const parts = ['ingress', 'decisions', 'time', 'frame', 'published', 'writes', 'logs'] as const;
  const what = parts.find(part => canonicalJson(json(recorded[part])) !== canonicalJson(json(actual[part])))!;
  return {
    frame: recorded.frame,
    event,
    capsule: 'kernel',
    what,
    recorded: canonicalJson(json(recorded[what])),
    actual: canonicalJson(json(actual[what])),
  };
}

/** Records are JSON by construction: they came from, or go to, the journal. */
function json(value: unknown): JsonValue {
  return value as JsonValue;
}
