import type { JsonObject, JsonValue } from '../base/json.ts';
import { compareBy } from '../base/order.ts';
import { pointerParts } from '../base/pointer.ts';
import type { Flow, Overflow } from './subscription.ts';
import type { Waiting } from './waiting.ts';

/** What is left of a full mailbox, in order, and what was taken out of it. */
export interface Relief {
  readonly kept: readonly Waiting[];
  readonly shed: readonly Waiting[];
  /** Those whose event lives on in that of a later one. */
  readonly folded: readonly Waiting[];
}

/** Says whether a payload may stand on the topic. */
export type PayloadRule = (payload: JsonValue) => boolean;

type Rule = (waiting: readonly Waiting[], flow: Flow, fits: PayloadRule) => Relief;

/** What each policy does with more than the buffer holds. `waiting` is in the order of deliveries. */
export const OVERFLOW_RULES: Readonly<Record<Overflow, Rule>> = {
  backpressure: waiting => ({ kept: waiting, shed: [], folded: [] }),
  shed_newest: (waiting, { buffer }) => ({
    kept: waiting.slice(0, buffer),
    shed: waiting.slice(buffer),
    folded: [],
  }),
  shed_oldest: shedOldest,
  shed_priority: (waiting, flow) => {
    const ranked = waiting.toSorted(byPriority(flow.priority));
    const shed = new Set(ranked.slice(flow.buffer));
    return { kept: waiting.filter(each => !shed.has(each)), shed: [...shed], folded: [] };
  },
  latest: folding((_, later) => later),
  merge: folding((earlier, later, fits) => {
    const payload = mergedPayload(earlier.event.payload, later.event.payload);
    return fits(payload) ? { ...later, event: { ...later.event, payload } } : later;
  }),
  count: folding((earlier, later) => ({
    ...later,
    count: earlier.count + later.count,
    since: Math.min(earlier.since, later.since),
  })),
};

function shedOldest(waiting: readonly Waiting[], { buffer }: Flow): Relief {
  const surplus = Math.max(0, waiting.length - buffer);
  return { kept: waiting.slice(surplus), shed: waiting.slice(0, surplus), folded: [] };
}

/** Highest first; where it is equal, or no number, the older first. */
function byPriority(pointer: string): (a: Waiting, b: Waiting) => number {
  const priority = ({ event }: Waiting) => numberAt(event.payload, pointer);
  return compareBy(
    (a, b) => priority(b) - priority(a),
    (a, b) => a.event.seq - b.event.seq,
  );
}

function numberAt(payload: JsonValue, pointer: string): number {
  const found = pointerParts(pointer).reduce<JsonValue | undefined>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as JsonObject)[name]
        : undefined,
    payload,
  );
  return typeof found === 'number' ? found : Number.MIN_SAFE_INTEGER;
}

/** Makes one of all that wait under one key, in the place of the latest; what is still too much is shed from the oldest on. */
function folding(fold: (earlier: Waiting, later: Waiting, fits: PayloadRule) => Waiting): Rule {
  return (waiting, flow, fits) => {
    const folded: Waiting[] = [];
    const byKey = new Map<string | null, Waiting>();
    for (const each of waiting) {
      const earlier = byKey.get(each.event.key);
      if (earlier) folded.push(earlier);
      byKey.delete(each.event.key);
      byKey.set(each.event.key, earlier ? fold(earlier, each, fits) : each);
    }
    return { ...shedOldest([...byKey.values()], flow), folded };
  };
}

/** Members of the later over those of the earlier; the later alone where one is no object. */
function mergedPayload(earlier: JsonValue, later: JsonValue): JsonValue {
  return isObject(earlier) && isObject(later) ? { ...earlier, ...later } : later;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
