import { fail } from '../../base/diagnostic.ts';
import { bind, type LoadedCapsule, type Network } from '../../kernel/binding.ts';
import type { Conditions } from '../../kernel/conditions/conditions.ts';
import { conditionsOf } from '../../kernel/conditions/disturbed.ts';
import type { IngressEvent } from '../../kernel/ingress.ts';
import { refuseImpossible } from '../../kernel/recorded.ts';
import { readCapsules, recordedDisturbance } from '../../kernel/recording.ts';
import { frames } from '../../kernel/run.ts';
import { weaveSchedules } from '../../kernel/schedules.ts';
import { openSession } from '../../kernel/session.ts';
import { UNDISTURBED } from '../../kernel/timing.ts';
import { behaviourIn } from '../../store/flags.ts';
import { headersOf, readJournal } from '../../store/read.ts';
import type { FrameRecord } from '../../store/record.ts';
import { headerOf, refuseCompacted, refuseUnsealed } from '../open.ts';
import { snapshotSteps } from '../snapshots.ts';

/** The run that all others are held against. */
export interface Reference {
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly seed: string;
  /** The world that disturbed it; none did without it. */
  readonly conditions?: () => Conditions;
  /** The frames before which all instances were made anew, for a snapshot. */
  readonly renewed?: ReadonlySet<number>;
  /** What happened, from the first frame on; may be asked for any number of times. */
  frames(): Iterable<FrameRecord>;
}

/** A recording from its beginning. @throws Failure VNES80xx when it is damaged or has no seal, VNES7014 when it was compacted, VNES8102 */
export async function recordedReference(dir: string): Promise<Reference> {
  refuseUnsealed(dir);
  refuseCompacted(dir);
  for (const { header } of headersOf(dir)) if (header.parent?.instances === 'anew') refuseOthers(dir);
  const { header, dir: layer } = headerOf(dir);
  const capsules = readCapsules(layer, header);
  refuseImpossible(dir, header, capsules);
  const network = await bind(capsules, behaviourIn(header.flags));
  const conditions = () => conditionsOf(recordedDisturbance(header));
  const renewed = new Set(snapshotSteps(dir).map(({ record }) => record.frames));
  return { capsules, network, seed: header.seed, conditions, renewed, frames: () => framesIn(dir) };
}

function refuseOthers(dir: string): never {
  fail('VNES8105', 'not all of this recording was made by the same capsules', {
    place: { file: dir },
    expected: 'a recording that goes on from none with other versions',
    found: 'a branch on which the instances were made anew',
    help: 'record a run of the capsule from its beginning: vnes run',
  });
}

function* framesIn(dir: string): Generator<FrameRecord> {
  for (const { record } of readJournal(dir)) if (record.type === 'frame') yield record;
}

export interface Fresh {
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly input: readonly IngressEvent[];
  readonly seed: string;
  /** Ingress events that a frame takes at most. */
  readonly frameIngress: number;
  readonly cacheDir?: string | undefined;
}

/** An ordinary run over an input, kept in memory. @throws Failure VNES5xxx, VNES6xxx */
export async function freshReference(fresh: Fresh): Promise<Reference> {
  const { capsules, network, input, seed, frameIngress, cacheDir } = fresh;
  const session = await openSession({ capsules, network, seed, timing: UNDISTURBED, cacheDir });
  try {
    const woven = weaveSchedules(input, network.schedules, input[0]?.time ?? 0);
    const kept: FrameRecord[] = [];
    for await (const frame of frames(session.kernel, woven, frameIngress)) kept.push(frame);
    return { capsules, network, seed, frames: () => kept };
  } finally {
    await session.close();
  }
}
