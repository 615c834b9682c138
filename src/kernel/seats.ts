import { LIMITS } from '../base/limits.ts';
import type { Code, ComponentSpec, Instance, Rung, StateReader } from '../sandbox/contract.ts';
import { FrameView } from './batch.ts';
import type { LoadedCapsule } from './binding.ts';
import type { Seat } from './performer.ts';
import { requireOk } from './require-ok.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MEMORY_MB = 256;
/** More than this a timer cannot hold: it would end at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** All that a 32-bit memory can address. */
const MAX_MEMORY_MB = 4096;

const DEFAULT_FUEL: Readonly<Record<Code['language'], number>> = {
  wasm: LIMITS.fuel,
  python: LIMITS.pythonFuel,
  native: LIMITS.fuel,
};

/** What instances are started with. */
export interface SeatOptions {
  readonly seed: string;
  readonly state: StateReader;
  rungFor(capsule: LoadedCapsule): Rung;
}

/** The running instances of a network. */
export interface Seats {
  readonly byCapsule: ReadonlyMap<string, Seat>;
  /** Gives all of them an empty memory. @throws Failure VNES6002 */
  renew(): Promise<void>;
  /** Stops all of them; idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a sandbox for every capsule and runs its `init`. When one fails, the others are stopped.
 * @throws Failure VNES6002 when an `init` fails; VNES5xxx when a sandbox cannot be made.
 */
export async function startSeats(
  capsules: readonly LoadedCapsule[],
  components: ReadonlyMap<string, ComponentSpec>,
  options: SeatOptions,
): Promise<Seats> {
  const byCapsule = new Map<string, Seat>();
  const stop = async () => {
    await Promise.all([...byCapsule.values()].map(({ instance }) => instance.stop()));
  };
  const started = await Promise.allSettled(
    capsules.map(async capsule => {
      const { id } = capsule.manifest;
      const view = new FrameView(options.state);
      const instance = await startInstance(capsule, components.get(id)!, view, options);
      byCapsule.set(id, { instance, view });
      requireOk(id, await instance.init());
    }),
  );
  const failed = started.find(result => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const renew = async () => {
    await Promise.all(
      capsules.map(async ({ manifest }) => {
        const { instance, view } = byCapsule.get(manifest.id)!;
        view.reset();
        requireOk(manifest.id, await instance.renew());
      }),
    );
  };
  return { byCapsule, renew, stop };
}

function startInstance(
  capsule: LoadedCapsule,
  component: ComponentSpec,
  state: StateReader,
  options: SeatOptions,
): Promise<Instance> {
  const { runtime } = capsule.manifest;
  const limits = {
    timeoutMs: Math.min(runtime?.timeout_ms ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS),
    memoryBytes: Math.min(runtime?.memory_limit_mb ?? DEFAULT_MEMORY_MB, MAX_MEMORY_MB) * 1024 * 1024,
    fuel: runtime?.fuel ?? DEFAULT_FUEL[component.code.language],
  };
  return options.rungFor(capsule).start({ component, seed: options.seed, limits, state });
}
