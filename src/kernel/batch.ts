import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { Delivery, Effects, Outcome } from '../capsule/event.ts';
import type { Instance, StateReader } from '../sandbox/contract.ts';

/** Says what makes effects inadmissible, in words; undefined when they may become true. */
export type EffectGuard = (effects: Effects) => string | undefined;

/** State as one instance sees it within a frame: the frame's start, and over it what its own deliveries wrote. */
export class FrameView implements StateReader {
  private readonly own = new Map<string, JsonValue | null>();
  private readonly table: StateReader;
  private base: StateReader;

  constructor(table: StateReader) {
    this.table = table;
    this.base = table;
  }

  get(key: string): JsonValue | undefined {
    const written = this.own.get(key);
    return written === undefined ? this.base.get(key) : (written ?? undefined);
  }

  scan(prefix: string): readonly (readonly [string, JsonValue])[] {
    const entries = new Map(this.base.scan(prefix));
    for (const [key, value] of this.own) {
      if (!key.startsWith(prefix)) continue;
      if (value === null) entries.delete(key);
      else entries.set(key, value);
    }
    return [...entries].sort(([a], [b]) => compareCodeUnits(a, b));
  }

  write(writes: Effects['writes']): void {
    for (const { key, value } of writes) this.own.set(key, value);
  }

  /** Forgets the frame's writes, once they are part of the base; which is the state as it is, unless told otherwise. */
  reset(base: StateReader = this.table): void {
    this.base = base;
    this.own.clear();
  }
}

/**
 * Hands a batch to an instance. When the kernel finds effects that the sandbox let through but the run may not (a payload
 * against its topic's schema), that delivery becomes a fault, the instance is renewed and the rest of the batch runs again:
 * whatever came after the fault had seen its writes. What was `foreseen` the kernel has nothing against.
 */
export async function runBatch(
  instance: Instance,
  batch: readonly Delivery[],
  view: FrameView,
  guard: EffectGuard,
  foreseen?: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < batch.length) {
    const done = outcomes.length;
    const rest = await instance.handle(batch.slice(done), foreseen?.slice(done));
    const fault = acceptUntilFault(rest, outcomes, view, (outcome, index) =>
      outcome === foreseen?.[index] ? undefined : guard(outcome.effects),
    );
    if (fault === undefined) continue;
    outcomes.push({ kind: 'fault', message: fault });
    await instance.renew();
  }
  return outcomes;
}

function acceptUntilFault(
  found: readonly Outcome[],
  accepted: Outcome[],
  view: FrameView,
  guard: (outcome: Extract<Outcome, { kind: 'ok' }>, index: number) => string | undefined,
): string | undefined {
  for (const outcome of found) {
    if (outcome.kind === 'ok') {
      const fault = guard(outcome, accepted.length);
      if (fault !== undefined) return fault;
      view.write(outcome.effects.writes);
    }
    accepted.push(outcome);
  }
  return undefined;
}
