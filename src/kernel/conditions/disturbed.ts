import { canonicalJson } from '../../base/canonical.ts';
import { sha256Raw } from '../../base/digest.ts';
import type { JsonValue } from '../../base/json.ts';
import type { BusEvent } from '../../capsule/event.ts';
import { CALM, type Conditions, type Fate, type Underway } from './conditions.ts';
import { contentOf, Descent } from './descent.ts';
import type { Disturbance, DisturbanceKind } from './kinds.ts';

/** How often each kind strikes. Every seed draws one for itself: many faults hide behind others. */
const RATES = [0, 1 / 64, 1 / 16, 1 / 4];
/** A subscriber that is slow waits for up to so many frames with an event. */
const MOST_DELAY = 4;
/** A delivery is disturbed so often at most, so that every run comes to rest. */
const MOST_TURNS = 3;
const WHOLE = 2 ** 32;

/** A number from 0 up to, but not including, 1 that depends on the seed and the parts alone. */
export function draw(seed: string, ...parts: readonly JsonValue[]): number {
  return sha256Raw(canonicalJson(['vnes disturbance 1', seed, ...parts])).readUInt32BE() / WHOLE;
}

/** The conditions of a run that is disturbed so, or not at all. */
export function conditionsOf(disturbance: Disturbance | undefined): Conditions {
  return disturbance ? new Disturbed(disturbance) : CALM;
}

/**
 * Disturbs a run by a seed. Each answer depends on the descent of the event, so the same things happen to what is left when some of
 * the input is taken away.
 */
export class Disturbed implements Conditions {
  private readonly seed: string;
  private readonly rates: ReadonlyMap<DisturbanceKind, number>;
  private readonly descent = new Descent();

  constructor({ seed, kinds }: Disturbance) {
    this.seed = seed;
    this.rates = new Map(
      kinds.map(kind => [kind, RATES[Math.floor(draw(seed, 'rate', kind) * RATES.length)]!]),
    );
  }

  placed(event: BusEvent): void {
    this.descent.add(event);
  }

  intake(input: Parameters<Conditions['intake']>[0]): number {
    if (!this.rates.get('timing')) return input.length;
    const last = input.findIndex(event => this.strikes('timing', contentOf(event)));
    return last < 0 ? input.length : last + 1;
  }

  delay({ seq }: BusEvent, subscriber: string): number {
    const name = this.descent.nameOf(seq);
    if (!this.strikes('slow', name, subscriber)) return 0;
    return 1 + Math.floor(draw(this.seed, 'delay', name, subscriber) * MOST_DELAY);
  }

  fate(delivery: Underway): Fate {
    if (delivery.turns >= MOST_TURNS) return 'handled';
    const crashed = this.crash(delivery) ? draw(this.seed, 'after', ...this.identity(delivery)) : 0;
    return FATES[delivery.qos]({
      lost: this.struck('loss', delivery) || crashed > 0.5,
      repeated: this.struck('redelivery', delivery) || crashed > 0.75,
      postponed: crashed > 0.5,
    });
  }

  crash(delivery: Underway): boolean {
    return delivery.turns < MOST_TURNS && this.struck('crash', delivery);
  }

  private struck(kind: DisturbanceKind, delivery: Underway): boolean {
    return this.strikes(kind, ...this.identity(delivery));
  }

  private identity({ event, subscriber, turns }: Underway): readonly JsonValue[] {
    return [this.descent.nameOf(event.seq), subscriber, turns];
  }

  private strikes(kind: DisturbanceKind, ...parts: readonly JsonValue[]): boolean {
    const rate = this.rates.get(kind) ?? 0;
    return rate > 0 && draw(this.seed, kind, ...parts) < rate;
  }
}

/** What happened to a delivery on its way, all of it at once. */
interface Mishaps {
  readonly lost: boolean;
  readonly repeated: boolean;
  readonly postponed: boolean;
}

/** What a mishap amounts to under a quality of service. */
const FATES: Readonly<Record<Underway['qos'], (mishaps: Mishaps) => Fate>> = {
  at_most_once: ({ lost }) => (lost ? 'lost' : 'handled'),
  at_least_once: ({ repeated, postponed }) => (repeated ? 'repeated' : postponed ? 'postponed' : 'handled'),
  exactly_once: ({ postponed }) => (postponed ? 'postponed' : 'handled'),
};
