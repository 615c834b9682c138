import { fail } from '../base/diagnostic.ts';
import type { LoadedCapsule } from '../kernel/binding.ts';
import {
  type Invariants,
  type InvariantsFile,
  prepareInvariants,
  recordedInvariants,
} from '../kernel/invariants/prepare.ts';
import type { InvariantVerdict, Watch } from '../kernel/invariants/watch.ts';
import { readCapsules } from '../kernel/recording.ts';
import type { Tally } from '../kernel/tally.ts';
import type { Timing } from '../kernel/timing.ts';
import { readUnproven } from '../store/read.ts';
import type { FrameRecord, HeaderRecord, SealRecord } from '../store/record.ts';
import { comparisonsOf } from './choice.ts';
import type { Divergence } from './divergence.ts';
import { type ExplainedDivergence, explainDivergence, RecentEvents } from './explain.ts';
import { headerOf, refuseUnsealed } from './open.ts';
import { Rerun } from './rerun.ts';
import type { SnapshotStep } from './snapshots.ts';
import type { Comparison } from './tiers.ts';

export interface ReplayRequest {
  readonly dir: string;
  /** Ids of the capsules to execute; of all others what was recorded is fed back. Without it, all are executed. */
  readonly only?: readonly string[] | undefined;
  /** The frame after which to stop; without it, the replay goes to the seal. */
  readonly until?: number | undefined;
  /** The snapshot to begin with; of what comes before it nothing is executed. Without it, the replay begins at the beginning. */
  readonly from?: SnapshotStep | undefined;
  readonly timing: Timing;
  readonly cacheDir?: string | undefined;
  /** Whether capsules below D0 may run in less than their zone asks for. */
  readonly weaker?: boolean | undefined;
  /** Invariants to check besides the recorded ones. */
  readonly invariants?: InvariantsFile | undefined;
  /** Told of every frame that agreed. */
  readonly onFrame?: (record: FrameRecord) => void;
}

/**
 * What a replay found. Without a divergence, every effect and state delta of what was executed agrees with the recording by what
 * its tier promises, and both roots are equal, byte for byte.
 */
export interface ReplayOutcome {
  readonly header: HeaderRecord;
  /** What the replayed kernel ended with. */
  readonly seal: SealRecord;
  /** By the ids of the capsules, what was asked of each. */
  readonly comparisons: ReadonlyMap<string, Comparison>;
  readonly tally: Tally;
  /** How many of the deliveries were executed; the others were fed back. */
  readonly executed: number;
  /** What became of each invariant in the frames that agreed. */
  readonly invariants: readonly InvariantVerdict[];
  readonly divergence?: ExplainedDivergence;
}

/**
 * Executes a recording again with the recorded input and the recorded code, on the real kernel, and compares each frame with
 * the recorded one. Stops at the first difference. Capsules of NX promise nothing and are not executed. Of a branch, what it goes on
 * from is executed too: its instances remember that.
 *
 * @throws Failure VNES80xx when the recording is damaged or has no seal, VNES8103 when no capsule would be executed, or none was.
 */
export async function replay(request: ReplayRequest): Promise<ReplayOutcome> {
  refuseUnsealed(request.dir);
  refuseBackwards(request);
  const { header, dir } = headerOf(request.dir);
  const invariants = await invariantsFor(request, header, readCapsules(dir, header));
  const { timing, cacheDir, weaker, from } = request;
  const comparisons = (capsules: readonly LoadedCapsule[]) => comparisonsOf(capsules, request);
  const watch = invariants.watch();
  const recent = new RecentEvents();
  const onFrame = (record: FrameRecord) => {
    watch.add(record);
    recent.add(record);
    request.onFrame?.(record);
  };
  const rerun = new Rerun({ timing, cacheDir, weaker, comparisons, from: from?.number, onFrame });
  try {
    const divergence = await compareAll(rerun, watch, request);
    const { header, comparisons } = rerun.cast;
    if (!divergence && isIdle(rerun)) refuseIdle(request.dir);
    return {
      header,
      seal: rerun.seal,
      comparisons,
      tally: rerun.tally,
      executed: rerun.executed,
      invariants: watch.verdicts(),
      ...(divergence
        ? { divergence: explainDivergence(divergence, request.dir, recent.end(rerun.disagreed)) }
        : {}),
    };
  } finally {
    await rerun.close();
  }
}

/** @throws Failure VNES8103 for an end before the beginning */
function refuseBackwards({ dir, from, until }: ReplayRequest): void {
  if (!from || until === undefined || until >= from.record.frames) return;
  fail('VNES8103', 'the replay would end before it begins, so nothing would be proven', {
    place: { file: dir },
    expected: `a point after frame ${from.record.frames - 1}`,
    found: `frame ${until}`,
  });
}

/** Whether nothing was executed, although there was something: a run whose every delivery was lost is another matter. */
function isIdle({ executed, tally, seal }: Rerun): boolean {
  const { ok, error, trap, fault } = tally.deliveries;
  return executed === 0 && (ok + error + trap + fault > 0 || seal.events === 0);
}

/** What was fed back agrees of course. @throws Failure VNES8103 */
function refuseIdle(dir: string): never {
  fail('VNES8103', 'no delivery was executed, so nothing is proven', {
    place: { file: dir },
    expected: 'a delivery between where the replay begins and where it ends',
    found: 'none',
    help: `begin earlier, if there is anything earlier: vnes snapshot list ${dir}; whether all is whole tells vnes fsck ${dir}`,
  });
}

function invariantsFor(
  { dir, invariants }: ReplayRequest,
  header: HeaderRecord,
  capsules: readonly LoadedCapsule[],
): Promise<Invariants> {
  return prepareInvariants(capsules, recordedInvariants(dir, header), ...(invariants ? [invariants] : []));
}

async function compareAll(
  rerun: Rerun,
  watch: Watch,
  { dir, until = Number.POSITIVE_INFINITY }: ReplayRequest,
): Promise<Divergence | undefined> {
  try {
    for (const entry of readUnproven(dir)) {
      const { record, base } = entry;
      const divergence = (record.type === 'seal' && (await endOf(rerun, watch))) || (await rerun.take(entry));
      if (divergence) return divergence;
      if (base) rerun.restore(watch, entry);
      if (record.type === 'frame' && record.frame >= until) break;
    }
  } catch (error) {
    // What came before is told first.
    const earlier = await rerun.settle();
    if (earlier) return earlier;
    throw error;
  }
  return rerun.settle();
}

/** After the last frame. */
async function endOf(rerun: Rerun, watch: Watch): Promise<Divergence | undefined> {
  const divergence = await rerun.settle();
  if (!divergence) watch.end();
  return divergence;
}
