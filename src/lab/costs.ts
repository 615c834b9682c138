import { compareCodeUnits } from '../base/order.ts';
import type { Clock } from '../base/ports.ts';
import type { RungChoice } from '../kernel/session.ts';
import type { Instance, Rung } from '../sandbox/contract.ts';

/** What a capsule's deliveries took in a run. */
export interface Cost {
  readonly deliveries: number;
  /** Units of fuel in all; the same each time for metered code. */
  readonly fuel: number;
  /** Wall-clock time in all, from the host's side. A measurement of this machine at this moment. */
  readonly milliseconds: number;
}

/** What a capsule took in two versions of its network; a side is null when it handled nothing, or could not be run here. */
export interface CostChange {
  readonly capsule: string;
  readonly was: Cost | null;
  readonly is: Cost | null;
}

/** Measures the capsules of one run. */
export class Meter {
  private readonly costs = new Map<string, { deliveries: number; fuel: number; milliseconds: number }>();
  private readonly clock: Pick<Clock, 'monotonic'>;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.clock = clock;
  }

  /** Runs each capsule in the sandbox of its zone, and measures it there. */
  get rung(): RungChoice {
    return ({ manifest }, own) => this.measured(manifest.id, own());
  }

  of(capsule: string): Cost | null {
    return this.costs.get(capsule) ?? null;
  }

  private measured(capsule: string, rung: Rung): Rung {
    return {
      ...rung,
      start: async options => {
        const onFuel = (units: number) => {
          this.cost(capsule).fuel += units;
        };
        return this.timed(capsule, await rung.start({ ...options, onFuel }));
      },
    };
  }

  private timed(capsule: string, instance: Instance): Instance {
    return {
      init: () => instance.init(),
      renew: () => instance.renew(),
      stop: () => instance.stop(),
      handle: async batch => {
        const start = this.clock.monotonic();
        const outcomes = await instance.handle(batch);
        const cost = this.cost(capsule);
        cost.milliseconds += this.clock.monotonic() - start;
        cost.deliveries += outcomes.length;
        return outcomes;
      },
    };
  }

  private cost(capsule: string) {
    const known = this.costs.get(capsule) ?? { deliveries: 0, fuel: 0, milliseconds: 0 };
    this.costs.set(capsule, known);
    return known;
  }
}

/** What changed, capsule by capsule. `was` is absent where the recorded network could not be run here. */
export function costChanges(capsules: readonly string[], was: Meter | undefined, is: Meter): CostChange[] {
  return [...capsules]
    .sort(compareCodeUnits)
    .map(capsule => ({ capsule, was: was?.of(capsule) ?? null, is: is.of(capsule) }));
}
