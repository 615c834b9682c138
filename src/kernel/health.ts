import { compareCodeUnits } from '../base/order.ts';
import type { Outcome } from '../capsule/event.ts';
import type { Decision } from '../store/record.ts';
import type { HealthStanding } from './standing.ts';

/** Traps and faults in a row after which a capsule is suspended. */
export const MAX_BREAKDOWNS = 3;

/** Watches for capsules that break down again and again. What it decides is recorded, so a replay decides the same. */
export class Health {
  private readonly breakdowns: Map<string, number>;
  private readonly suspended: Set<string>;

  /** @param from where to go on */
  constructor({ breakdowns, suspended }: HealthStanding = { breakdowns: {}, suspended: [] }) {
    this.breakdowns = new Map(Object.entries(breakdowns));
    this.suspended = new Set(suspended);
  }

  /** Where it stands, in one order. */
  standing(): HealthStanding {
    const broken = [...this.breakdowns].filter(([, count]) => count > 0);
    return {
      breakdowns: Object.fromEntries(broken.sort(([a], [b]) => compareCodeUnits(a, b))),
      suspended: [...this.suspended].sort(compareCodeUnits),
    };
  }

  isSuspended(capsule: string): boolean {
    return this.suspended.has(capsule);
  }

  /** Takes in how a capsule's batch went; returns the decision to suspend it, if that is due. */
  observe(capsule: string, outcomes: readonly Outcome[]): Decision | undefined {
    let inARow = this.breakdowns.get(capsule) ?? 0;
    for (const { kind } of outcomes) {
      inARow = kind === 'trap' || kind === 'fault' ? inARow + 1 : 0;
      if (inARow >= MAX_BREAKDOWNS) {
        this.suspended.add(capsule);
        return { kind: 'suspend', capsule, detail: { breakdowns: inARow } };
      }
    }
    this.breakdowns.set(capsule, inARow);
    return undefined;
  }
}
