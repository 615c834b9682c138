import { canonicalJson } from '../base/canonical.ts';
import { STRATEGY_TOPIC, type Strategy, strategyIn } from '../bus/steering.ts';
import type { Effects, Outcome } from '../capsule/event.ts';
import type { Instance, StateReader } from '../sandbox/contract.ts';
import { type FrameView, runBatch } from './batch.ts';
import type { Network } from './binding.ts';
import { type Fated, isMade, pieces } from './conditions/fates.ts';
import type { Timing } from './timing.ts';

/** An instance and the state as it sees it. */
export interface Seat {
  readonly instance: Instance;
  readonly view: FrameView;
}

/** Lets capsules handle what a frame has for them, and holds them to what they may do. */
export class Performer {
  readonly seats: ReadonlyMap<string, Seat>;
  private readonly network: Network;
  private readonly timing: Timing;
  private readonly steers: (strategy: Strategy) => boolean;

  /** @param steers whether a strategy is for a subscription that leaves its overflow to a policy */
  constructor(
    network: Network,
    seats: ReadonlyMap<string, Seat>,
    timing: Timing,
    steers: (strategy: Strategy) => boolean,
  ) {
    this.network = network;
    this.seats = seats;
    this.timing = timing;
    this.steers = steers;
  }

  /**
   * One outcome for each delivery of a batch that is made. `state` is what the capsule sees, where that is not the state as it is;
   * `foreseen` are the outcomes as they will be, if all is well.
   * @throws Failure VNES5xxx when its sandbox died
   */
  async perform(
    name: string,
    batch: readonly Fated[],
    frame: number,
    state?: StateReader,
    foreseen?: readonly Outcome[],
  ): Promise<readonly Outcome[]> {
    const pause = this.timing.before(name, frame);
    if (pause) await pause;
    const { instance, view } = this.seats.get(name)!;
    if (state) view.reset(state);
    const outcomes: Outcome[] = [];
    for (const piece of pieces(batch)) {
      if (piece[0]?.crash) await instance.renew();
      const deliveries = piece.filter(isMade).map(({ due }) => due.delivery);
      const expected = foreseen?.slice(outcomes.length, outcomes.length + deliveries.length);
      const guard = (effects: Effects) => this.objection(name, effects);
      outcomes.push(...(await runBatch(instance, deliveries, view, guard, expected)));
    }
    return outcomes;
  }

  /** What the bus or the store has against these effects. */
  objection(capsule: string, effects: Effects): string | undefined {
    for (const { topic, payload } of effects.published) {
      if (!this.network.publishes(capsule, topic))
        return `published on ${topic}, which its manifest does not declare`;
      const [violation] = this.network.catalog.checkPublished(topic, payload, capsule);
      if (!violation && topic === STRATEGY_TOPIC && !this.steers(strategyIn(payload)))
        return `published on ${topic} for a subscription that leaves nothing to a policy: ${canonicalJson(payload)}`;
      if (violation)
        return `published on ${topic} against its schema: ${violation.pointer || '/'} ${violation.message}`;
    }
    for (const { key } of effects.writes) {
      if (!this.network.ownership.mayWrite(capsule, key))
        return `wrote the key ${JSON.stringify(key)}, which it does not own`;
    }
    return undefined;
  }

  /** Lets every instance see the state as it is. */
  reset(): void {
    for (const { view } of this.seats.values()) view.reset();
  }
}
