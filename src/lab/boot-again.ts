import type { JsonObject, JsonValue } from '../base/json.ts';
import type { LoadedCapsule } from '../kernel/binding.ts';
import { Lifecycle, type LifecycleEvent } from '../kernel/lifecycle.ts';
import type { Loaded } from '../kernel/run.ts';
import type { BootRecord } from '../store/record.ts';

/** The step that led to a state, of those that a boot makes. */
const STEPS: Readonly<Record<string, LifecycleEvent>> = {
  verified: 'admit',
  quarantined: 'refuse',
  loaded: 'load',
};

/** What a recorded boot came to, for another run of the same capsules: every step up to their start. */
export function bootAgain(boot: readonly BootRecord[], capsules: readonly LoadedCapsule[]): Loaded {
  const records: BootRecord[] = [];
  const lifecycle = new Lifecycle(record => records.push(record));
  for (const record of boot) {
    const { capsule, state, from: _, ...detail } = record.detail as Readonly<Record<string, JsonValue>>;
    if (record.event !== 'lifecycle') records.push(record);
    else if (state === 'discovered') lifecycle.discover(String(capsule), record.stage);
    else {
      const step = STEPS[String(state)];
      if (step) lifecycle.apply(String(capsule), step, record.stage, detail as JsonObject);
    }
  }
  return { records, lifecycle, capsules };
}
