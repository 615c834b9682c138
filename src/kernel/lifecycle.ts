import type { JsonObject } from '../base/json.ts';
import type { BootRecord } from '../store/record.ts';

/** States of a capsule (spec, section 2). `quarantined` and `unloaded` are final. */
export type LifecycleState =
  | 'discovered'
  | 'verified'
  | 'quarantined'
  | 'loaded'
  | 'active'
  | 'suspended'
  | 'unloaded';

export type LifecycleEvent = 'admit' | 'refuse' | 'load' | 'start' | 'suspend' | 'resume' | 'unload';

/** The spec's state diagram. What is not in the table cannot happen. */
export const TRANSITIONS: Readonly<
  Record<LifecycleState, Partial<Readonly<Record<LifecycleEvent, LifecycleState>>>>
> = {
  discovered: { admit: 'verified', refuse: 'quarantined' },
  verified: { load: 'loaded' },
  loaded: { start: 'active' },
  active: { suspend: 'suspended', unload: 'unloaded' },
  suspended: { resume: 'active', unload: 'unloaded' },
  quarantined: {},
  unloaded: {},
};

/** Keeps each capsule's state and records every step. */
export class Lifecycle {
  private readonly states = new Map<string, LifecycleState>();
  private readonly record: (record: BootRecord) => void;

  constructor(record: (record: BootRecord) => void) {
    this.record = record;
  }

  /** The capsule's state; undefined for one that was never discovered. */
  state(capsule: string): LifecycleState | undefined {
    return this.states.get(capsule);
  }

  discover(capsule: string, stage: number): void {
    this.enter(capsule, 'discovered', stage, {});
  }

  /** @throws Error when the table has no such step: a bug of the kernel, never of its input. */
  apply(capsule: string, event: LifecycleEvent, stage: number, detail: JsonObject = {}): void {
    const from = this.states.get(capsule);
    const to = from && TRANSITIONS[from][event];
    if (!to) throw new Error(`lifecycle: ${capsule} cannot ${event} from ${from ?? 'nothing'}`);
    this.enter(capsule, to, stage, { from, ...detail });
  }

  private enter(capsule: string, state: LifecycleState, stage: number, detail: JsonObject): void {
    this.states.set(capsule, state);
    this.record({ type: 'boot', stage, event: 'lifecycle', detail: { capsule, state, ...detail } });
  }
}
