import { diagnose, Failure, fail } from '../base/diagnostic.ts';
import type { LoadedCapsule, Network } from '../kernel/binding.ts';
import type { Watch } from '../kernel/invariants/watch.ts';
import type { Origin } from '../kernel/run.ts';
import { openSession } from '../kernel/session.ts';
import { isSameNetwork, memberOf, standingOfSuccessor } from '../kernel/successor.ts';
import type { Timing } from '../kernel/timing.ts';
import { BRANCH_FILE, branchOf, type Fork, hasJournal } from '../store/branch.ts';
import { readJournal } from '../store/read.ts';
import type { FrameRecord } from '../store/record.ts';
import type { Divergence } from './divergence.ts';
import { headerOf } from './open.ts';
import { fedBack, Rerun } from './rerun.ts';
import { snapshotSteps } from './snapshots.ts';
import { type Comparison, TIER_RULES } from './tiers.ts';

/** What a run on a branch is made of besides the branch. */
export interface GoOnRequest {
  /** Folder of a branch that has no journal of its own yet. */
  readonly dir: string;
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly timing: Timing;
  readonly cacheDir?: string | undefined;
  /** Whether capsules below D0 may run in less than their zone asks for. */
  readonly weaker?: boolean | undefined;
  /** Watches what the run and its parents do. */
  readonly watch: Watch;
  /** Told of every frame that was executed again. */
  readonly onFrame?: (record: FrameRecord) => void;
}

/** The branch in `dir`, which nothing has gone on from yet. @throws Failure VNES8001, VNES8006, VNES8032 */
export function freshBranch(dir: string, shown: string): Fork {
  const branch = branchOf(dir);
  if (!branch) {
    fail('VNES8030', 'a run goes on from a branch, and this is none', {
      place: { file: shown },
      expected: `a folder with ${BRANCH_FILE}`,
      found: 'a folder without it',
      help: `make one first: vnes branch create NAME ${shown} --at end`,
    });
  }
  if (hasJournal(dir)) {
    fail('VNES8006', 'something has gone on from this branch already', {
      place: { file: shown },
      expected: 'a branch without a journal of its own',
      help: `make a branch of it: vnes branch create NAME ${shown} --at end`,
    });
  }
  return branch.fork;
}

/**
 * Brings a session to where a branch leaves its parent, by executing again what the parent did up to there since its last snapshot, with
 * the parent's own code: what instances remember is in no recording. Each frame is held to the recorded one. Where the capsules are others than the
 * parent's, nothing is executed: the recorded effects are fed to a kernel, and then every instance is made anew and sees the state.
 *
 * @throws Failure VNES8101 when a frame comes out otherwise than recorded; VNES80xx
 */
export async function goOn(request: GoOnRequest): Promise<Origin> {
  const { dir, capsules, timing, cacheDir, weaker, watch } = request;
  const onFrame = (record: FrameRecord) => {
    watch.add(record);
    request.onFrame?.(record);
  };
  const fork = freshBranch(dir, dir);
  const kept = isSameNetwork(headerOf(dir).header.capsules, capsules.map(memberOf));
  const from = kept ? snapshotSteps(dir).at(-1)?.number : undefined;
  const comparisons = kept ? byTier : fedBack;
  const rerun = new Rerun({ timing, cacheDir, weaker, comparisons, from, onFrame });
  try {
    const snapshotted = await executeAgain(rerun, request);
    const { tally, taken } = rerun;
    const session = kept ? rerun.release() : await succeed(rerun, request);
    return {
      parent: { ...fork, instances: kept ? 'kept' : 'anew' },
      session,
      tally,
      taken,
      snapshotted,
      watch,
    };
  } catch (error) {
    await rerun.close();
    throw error;
  }
}

/** Returns whether a snapshot is the last step. */
async function executeAgain(rerun: Rerun, { dir, watch }: GoOnRequest): Promise<boolean> {
  let last = '';
  for (const entry of readJournal(dir)) {
    const divergence = await rerun.take(entry);
    if (divergence) throw new Failure(diverged(divergence, dir));
    if (entry.base) rerun.restore(watch, entry);
    last = entry.record.type;
  }
  const divergence = await rerun.settle();
  if (divergence) throw new Failure(diverged(divergence, dir));
  return last === 'snapshot';
}

/** The session of other capsules, which stands where the parent's does. */
async function succeed(rerun: Rerun, { capsules, network, timing, cacheDir, weaker }: GoOnRequest) {
  const { header } = rerun.cast;
  const { kernel } = rerun;
  await rerun.close();
  const after = capsules.map(memberOf);
  const standing = standingOfSuccessor(kernel.standing(), header.capsules, after);
  const from = { standing, state: kernel.state };
  const { conditions } = kernel;
  return openSession({ capsules, network, seed: header.seed, timing, conditions, cacheDir, weaker, from });
}

function byTier(capsules: readonly LoadedCapsule[]): ReadonlyMap<string, Comparison> {
  return new Map(capsules.map(({ manifest, tier }) => [manifest.id, TIER_RULES[tier].comparison]));
}

function diverged({ frame, event, capsule, what, recorded, actual }: Divergence, dir: string) {
  return diagnose(
    'VNES8101',
    `nothing can go on from here: executed again, ${what} of ${capsule} for event ${event} came out otherwise in frame ${frame}`,
    {
      place: { file: dir },
      expected: recorded ?? 'nothing',
      found: actual ?? 'nothing',
      help: `look at the difference: vnes replay ${dir}`,
    },
  );
}
