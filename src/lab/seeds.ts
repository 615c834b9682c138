import type { LoadedCapsule, Network } from '../kernel/binding.ts';
import type { DisturbanceKind } from '../kernel/conditions/kinds.ts';
import type { IngressEvent } from '../kernel/ingress.ts';
import type { Invariants } from '../kernel/invariants/prepare.ts';
import type { RunSettings } from '../kernel/recording.ts';
import { openSession } from '../kernel/session.ts';
import { UNDISTURBED } from '../kernel/timing.ts';
import { type Complaint, sameness } from './complaint.ts';
import { type Subject, tryOut } from './trial.ts';

export interface SeedsRequest {
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly settings: RunSettings;
  readonly input: readonly IngressEvent[];
  readonly invariants: Invariants;
  readonly kinds: readonly DisturbanceKind[];
  readonly first: number;
  readonly count: number;
  /** Networks that run at a time. */
  readonly parallel: number;
  readonly cacheDir?: string | undefined;
  readonly weaker?: boolean | undefined;
  readonly onSeed?: (done: number) => void;
}

/** A seed under which something goes wrong that does not go wrong without it. */
export interface FailingSeed {
  readonly seed: number;
  readonly complaints: readonly Complaint[];
}

export interface SeedsOutcome {
  /** Seeds that were tried; 0 when the network fails undisturbed. */
  readonly tried: number;
  /** What goes wrong without any disturbance. An invariant among them ends the search: seeds would only find it again. */
  readonly undisturbed: readonly Complaint[];
  /** In the order of the seeds. */
  readonly failing: readonly FailingSeed[];
}

/**
 * Runs a network under many seeds, on the kernel that `run` uses, and says which of them break it. The same request has the same
 * outcome, however many networks run at a time.
 * @throws Failure VNES5xxx, VNES6002, VNES6004
 */
export async function trySeeds(request: SeedsRequest): Promise<SeedsOutcome> {
  const subjects: Subject[] = [];
  try {
    const { parallel, count } = request;
    for (let number = 0; number < Math.min(parallel, count); number += 1)
      subjects.push(await subjectOf(request));
    const undisturbed = await tryOut(subjects[0]!, request.input, undefined);
    if (undisturbed.some(({ about }) => about !== 'breakdown')) return { tried: 0, undisturbed, failing: [] };
    return { tried: count, undisturbed, failing: await search(subjects, request, undisturbed) };
  } finally {
    await Promise.all(subjects.map(({ session }) => session.close()));
  }
}

async function subjectOf({
  capsules,
  network,
  settings,
  invariants,
  cacheDir,
  weaker,
}: SeedsRequest): Promise<Subject> {
  const { seed } = settings;
  const session = await openSession({ capsules, network, seed, timing: UNDISTURBED, cacheDir, weaker });
  return { network, settings, invariants, session };
}

/** Each network takes the next seed as soon as it is done with the last. */
async function search(
  subjects: readonly Subject[],
  { input, kinds, first, count, onSeed }: SeedsRequest,
  undisturbed: readonly Complaint[],
): Promise<readonly FailingSeed[]> {
  const known = new Set(undisturbed.map(sameness));
  const failing: FailingSeed[] = [];
  let next = 0;
  await Promise.all(
    subjects.map(async subject => {
      while (next < count) {
        const seed = first + next++;
        const found = await tryOut(subject, input, { seed: String(seed), kinds });
        const complaints = found.filter(complaint => !known.has(sameness(complaint)));
        if (complaints.length > 0) failing.push({ seed, complaints });
        onSeed?.(next);
      }
    }),
  );
  return failing.sort((a, b) => a.seed - b.seed);
}
