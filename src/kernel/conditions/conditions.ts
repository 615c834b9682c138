import type { Qos } from '../../bus/subscription.ts';
import type { BusEvent } from '../../capsule/event.ts';

/** What becomes of a delivery that is due. */
export type Fate = 'handled' | 'lost' | 'repeated' | 'postponed';

/** A delivery as the world sees it. */
export interface Underway {
  readonly event: BusEvent;
  readonly subscriber: string;
  readonly qos: Qos;
  /** How often it was due already. */
  readonly turns: number;
}

/**
 * The world between the bus and its subscribers: the one port through which anything may disturb a run. What it answers decides what
 * the run yields, unlike {@link Timing}, so it depends on nothing but events; then a replay gets the same answers.
 */
export interface Conditions {
  /** Told of every event in its order, before it is asked about it. */
  placed(event: BusEvent): void;
  /** How many of these input events, from the first on, the next frame takes. */
  intake(input: readonly Pick<BusEvent, 'topic' | 'time' | 'key' | 'payload'>[]): number;
  /** Frames that an event waits for a subscriber which is slow. Those behind it wait too: order stays. */
  delay(event: BusEvent, subscriber: string): number;
  /** What becomes of a delivery, within {@link PERMITTED}. */
  fate(delivery: Underway): Fate;
  /** Whether the subscriber loses its memory right before this delivery. */
  crash(delivery: Underway): boolean;
}

/** Nothing is disturbed. */
export const CALM: Conditions = {
  placed: () => {},
  intake: input => input.length,
  delay: () => 0,
  fate: () => 'handled',
  crash: () => false,
};

/** What a quality of service permits. The kernel holds the world to it. */
export const PERMITTED: Readonly<Record<Qos, ReadonlySet<Fate>>> = {
  at_most_once: new Set<Fate>(['handled', 'lost']),
  at_least_once: new Set<Fate>(['handled', 'repeated', 'postponed']),
  exactly_once: new Set<Fate>(['handled', 'postponed']),
};
