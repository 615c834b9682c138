import { obstacleToConfining } from '../sandbox/confine/trial.ts';
import type { Rung } from '../sandbox/contract.ts';
import { enduring } from '../sandbox/enduring.ts';
import { asksForProcess, rungFor } from '../sandbox/rungs.ts';
import { mayBeWeaker } from '../scheduler/placement.ts';
import { StateTable } from '../state/memory.ts';
import type { LoadedCapsule, Network } from './binding.ts';
import type { Conditions } from './conditions/conditions.ts';
import { Kernel } from './kernel.ts';
import { startSeats } from './seats.ts';
import type { Standing } from './standing.ts';
import type { Timing } from './timing.ts';

/** What a session is opened with. */
export interface SessionOptions {
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly seed: string;
  readonly timing: Timing;
  readonly conditions?: Conditions;
  /** Where compiled components are kept between runs. */
  readonly cacheDir?: string | undefined;
  /** Whether capsules below D0 may run in less than their zone asks for, where this machine does not offer it. */
  readonly weaker?: boolean | undefined;
  /** Whether what befalls the capsules is recorded, so that they may outlive their sandboxes. */
  readonly enduring?: boolean;
  /** Another way to run a capsule than in the sandbox of its zone, which `own` finds. */
  readonly rung?: RungChoice;
  /** Where another kernel stood, with the state there. Every instance is made anew, and its `init` sees that state. */
  readonly from?: { readonly standing: Standing; readonly state: StateTable } | undefined;
}

export type RungChoice = (capsule: LoadedCapsule, own: () => Rung) => Rung;

/** A kernel with its running instances. Used by runs and replays alike, so that a replay exercises the very same code. */
export interface Session {
  readonly kernel: Kernel;
  /** A kernel that begins anew, under other conditions, with the same instances: their memory and the state are empty. */
  restart(conditions: Conditions): Promise<Kernel>;
  /** By the ids of the capsules that run in less than their zone asks for, the rung that they have instead. */
  readonly weakened: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Starts every capsule in its sandbox and puts a kernel in front of them. @throws Failure VNES5xxx, VNES6002 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { capsules, network, seed, timing, conditions, from } = options;
  const state = from?.state ?? new StateTable();
  const rungs = await rungsOf(options);
  const seats = await startSeats(capsules, network.components, {
    seed,
    state,
    rungFor: capsule => {
      const rung = rungs.get(capsule.manifest.id)!;
      return options.enduring ? enduring(rung) : rung;
    },
  });
  const standing = from?.standing;
  const weakened = [...rungs].filter(([, rung]) => rung.weaker).map(([id, { name }]) => [id, name] as const);
  return {
    kernel: new Kernel(network, state, seats.byCapsule, timing, { conditions, from: standing }),
    weakened: new Map(weakened),
    restart: async anew => {
      state.clear();
      await seats.renew();
      return new Kernel(network, state, seats.byCapsule, timing, { conditions: anew });
    },
    close: () => seats.stop(),
  };
}

/** Finds every rung before anything starts: one zone that this host cannot offer keeps the whole network from running. */
async function rungsOf({
  capsules,
  cacheDir,
  weaker,
  rung: choose = (_, own) => own(),
}: SessionOptions): Promise<Map<string, Rung>> {
  const obstacle = capsules.some(({ zone }) => asksForProcess(zone))
    ? await obstacleToConfining()
    : undefined;
  return new Map(
    capsules.map(capsule => [
      capsule.manifest.id,
      choose(capsule, () =>
        rungFor(capsule.zone, { cacheDir, obstacle, weaker: weaker && mayBeWeaker(capsule.tier) }),
      ),
    ]),
  );
}
