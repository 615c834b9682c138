import { compareBy, compareCodeUnits } from '../../base/order.ts';
import type { Decision } from '../../store/record.ts';
import type { Due } from '../mailboxes.ts';
import { CALM, type Conditions, type Fate, PERMITTED, type Underway } from './conditions.ts';

/** A delivery that is due, and what the world does to it. */
export interface Fated {
  readonly due: Due;
  readonly fate: Fate;
  /** The subscriber loses its memory before it. */
  readonly crash: boolean;
}

/**
 * Asks the conditions about each delivery that is due, in order, and holds them to what is promised: what its quality of service
 * permits, and that nothing overtakes a postponed delivery of its partition.
 */
export function fated(due: readonly Due[], conditions: Conditions, tests: ReadonlySet<string>): Fated[] {
  if (conditions === CALM) return due.map(each => ({ due: each, fate: 'handled', crash: false }));
  const waiting = new Set<string>();
  return due.map(each => {
    const { event, subscriber } = each.delivery;
    if (tests.has(subscriber)) return { due: each, fate: 'handled', crash: false };
    const line = `${subscriber} ${event.topic} ${event.partition}`;
    if (waiting.has(line)) return { due: each, fate: 'postponed', crash: false };
    const asked = ask(each, conditions);
    if (asked.fate === 'postponed') waiting.add(line);
    return asked;
  });
}

function ask(due: Due, conditions: Conditions): Fated {
  const { event, subscriber } = due.delivery;
  const underway: Underway = { event, subscriber, qos: due.qos, turns: due.waiting.turns };
  const fate = conditions.fate(underway);
  const permitted = PERMITTED[due.qos].has(fate);
  return { due, fate: permitted ? fate : 'handled', crash: conditions.crash(underway) };
}

/** Whether the delivery is made in this frame. */
export function isMade({ fate }: Fated): boolean {
  return fate === 'handled' || fate === 'repeated';
}

const byName = compareBy<Decision>(
  (a, b) => compareCodeUnits(a.kind, b.kind),
  (a, b) => compareCodeUnits(a.capsule, b.capsule),
);

/** What befell deliveries, for the frame's record: one decision for each capsule and kind. */
export function mishaps(all: readonly Fated[]): Decision[] {
  const kinds = [
    ['crash', all.filter(({ crash }) => crash)],
    ...(['lost', 'repeated', 'postponed'] as const).map(
      kind => [kind, all.filter(({ fate }) => fate === kind)] as const,
    ),
  ] as const;
  const decisions = kinds.flatMap(([kind, of]) =>
    [...Map.groupBy(of, ({ due }) => due.delivery.subscriber)].map(([capsule, hit]) => ({
      kind,
      capsule,
      detail: { events: hit.map(({ due }) => due.waiting.event.seq) },
    })),
  );
  return decisions.sort(byName);
}

/** The batch of one subscriber in pieces, each of which but the first begins with a crash; so does the first when it is told to. */
export function pieces<T extends { readonly crash: boolean }>(
  batch: readonly T[],
): readonly (readonly T[])[] {
  const cuts = batch.flatMap(({ crash }, index) => (crash && index > 0 ? [index] : []));
  return [0, ...cuts].map((start, index) => batch.slice(start, cuts[index] ?? batch.length));
}
