import { bind, type LoadedCapsule } from '../kernel/binding.ts';
import {
  type Invariants,
  type InvariantsFile,
  prepareInvariants,
  recordedInvariants,
} from '../kernel/invariants/prepare.ts';
import type { InvariantVerdict, Watch } from '../kernel/invariants/watch.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { refuseImpossible } from '../kernel/recorded.ts';
import { readCapsules } from '../kernel/recording.ts';
import { sealOf } from '../kernel/run.ts';
import { openSession } from '../kernel/session.ts';
import { Tally } from '../kernel/tally.ts';
import type { Timing } from '../kernel/timing.ts';
import { readJournal } from '../store/read.ts';
import type { FrameRecord, HeaderRecord, SealRecord } from '../store/record.ts';
import { comparisonsOf, rungChoice } from './choice.ts';
import { type Divergence, firstDivergence } from './divergence.ts';
import { type ExplainedDivergence, explainDivergence } from './explain.ts';
import { headerOf, refuseUnsealed } from './open.ts';
import { Tape } from './tape.ts';
import type { Comparison } from './tiers.ts';

export interface ReplayRequest {
  readonly dir: string;
  /** Ids of the capsules to execute; of all others what was recorded is fed back. Without it, all are executed. */
  readonly only?: readonly string[] | undefined;
  /** The frame after which to stop; without it, the replay goes to the seal. */
  readonly until?: number | undefined;
  readonly timing: Timing;
  readonly cacheDir?: string | undefined;
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
  /** What became of each invariant in the frames that agreed. */
  readonly invariants: readonly InvariantVerdict[];
  readonly divergence?: ExplainedDivergence;
}

/**
 * Executes a recording again with the recorded input and the recorded code, on the real kernel, and compares each frame with
 * the recorded one. Stops at the first difference. Capsules of NX promise nothing and are not executed.
 *
 * @throws Failure VNES80xx when the recording is damaged or has no seal, VNES8103 when no capsule would be executed.
 */
export async function replay(request: ReplayRequest): Promise<ReplayOutcome> {
  refuseUnsealed(request.dir);
  const header = headerOf(request.dir);
  const capsules = readCapsules(request.dir, header);
  refuseImpossible(request.dir, header, capsules);
  const network = await bind(capsules);
  const invariants = await invariantsFor(request, header, capsules);
  const comparisons = comparisonsOf(capsules, request);
  const tape = new Tape();
  const rung = rungChoice(comparisons, tape);
  const { timing, cacheDir } = request;
  const session = await openSession({ capsules, network, seed: header.seed, timing, cacheDir, rung });
  try {
    const tally = new Tally();
    const watch = invariants.watch();
    const divergence = await compareAll(session.kernel, tape, { tally, watch }, request);
    return {
      header,
      seal: sealOf(session.kernel),
      comparisons,
      tally,
      invariants: watch.verdicts(),
      ...(divergence ? { divergence: explainDivergence(divergence, request.dir) } : {}),
    };
  } finally {
    await session.close();
  }
}

function invariantsFor(
  { dir, invariants }: ReplayRequest,
  header: HeaderRecord,
  capsules: readonly LoadedCapsule[],
): Promise<Invariants> {
  return prepareInvariants(capsules, recordedInvariants(dir, header), ...(invariants ? [invariants] : []));
}

async function compareAll(
  kernel: Kernel,
  tape: Tape,
  { tally, watch }: { readonly tally: Tally; readonly watch: Watch },
  { dir, until, onFrame }: ReplayRequest,
): Promise<Divergence | undefined> {
  for (const { record } of readJournal(dir)) {
    if (record.type === 'frame') {
      const idle = record.ingress.length === 0 && !kernel.busy;
      if (idle) return outsideFrames(kernel, 'frame', 'nothing, for no event was left');
      tape.turn(record);
      const actual = await kernel.frame(record.ingress);
      const divergence = firstDivergence(record, actual);
      if (divergence) return divergence;
      tally.add(actual);
      watch.add(actual);
      onFrame?.(actual);
      if (until !== undefined && record.frame >= until) return undefined;
    }
    if (record.type === 'seal') {
      watch.end();
      return sealDivergence(record, kernel);
    }
  }
  return undefined;
}

/** The frames agree; so must the roots, or the seal speaks of another run. */
function sealDivergence(recorded: SealRecord, kernel: Kernel): Divergence | undefined {
  const actual = sealOf(kernel);
  if (kernel.busy) return outsideFrames(kernel, 'seal', 'another frame, for events were left');
  const what = (['frames', 'events', 'logRoot', 'stateRoot'] as const).find(
    field => recorded[field] !== actual[field],
  );
  if (what === undefined) return undefined;
  return outsideFrames(kernel, `seal ${what}`, String(actual[what]), String(recorded[what]));
}

/** A difference that belongs to no delivery, after the last frame that agreed. */
function outsideFrames(kernel: Kernel, what: string, actual: string, recorded = `a ${what}`): Divergence {
  return {
    frame: Math.max(0, kernel.frameCount - 1),
    event: Math.max(0, kernel.eventCount - 1),
    capsule: 'kernel',
    what,
    recorded,
    actual,
  };
}
