import { CHECKS } from '../checks.ts';
import type { TrustStore } from '../store.ts';
import type { Check, Proven, Verdict } from '../verdict.ts';
import { examineWalk } from '../verify.ts';
import { changeChecks } from './checks.ts';
import type { CapsuleFacts, GitFacts } from './facts.ts';
import { historyChecks, type PastCapsule } from './history.ts';

/** A capsule that was there before the change. */
export interface RemovedCapsule {
  readonly folder: string;
  readonly id?: string;
  readonly version?: string;
  /** Where a capsule of its id is now. */
  readonly movedTo?: string;
}

/** What is to be said about a change, or about a tree. */
export interface GitVerdict {
  /** Every capsule that was examined, in the order of the facts. */
  readonly examined: readonly Proven[];
  readonly removed: readonly RemovedCapsule[];
  /** What was asked of the change as a whole. */
  readonly change: readonly Check[];
}

/** Judges what was gathered. Reads nothing but its arguments: the same facts under the same trust come to the same verdict. */
export function judgeGit(facts: GitFacts, trust: TrustStore): GitVerdict {
  const past = new Map(
    facts.past.map(({ folder, walk }) => [folder, { walk, ...examineWalk(walk, folder, trust) }] as const),
  );
  const gone = facts.removed.flatMap(({ folder }) => past.get(folder) ?? []);
  const examined = facts.capsules.map(capsule => {
    const here = past.get(capsule.folder);
    return examineOne(capsule, [...(here ? [here] : []), ...gone], facts, trust);
  });
  const replaced = examined.flatMap(({ verdict }) => {
    const before = past.get(verdict.folder);
    const id = before?.verdict.id;
    return before && verdict.id !== undefined && id !== undefined && id !== verdict.id ? [before] : [];
  });
  const removed = [...gone, ...replaced].map(({ verdict }) => describeRemoved(verdict, examined));
  return { examined, removed, change: changeChecks(facts, trust) };
}

function examineOne(
  { folder, walk, changes }: CapsuleFacts,
  before: readonly PastCapsule[],
  { source, schemas }: GitFacts,
  trust: TrustStore,
): Proven {
  const rows = historyChecks({
    changes,
    before: id => before.find(({ verdict }) => verdict.id === id),
    schemas,
    published: source.target !== null,
  });
  const checks = source.kind === 'tree' ? CHECKS : [...CHECKS, ...rows];
  return { walk, verdict: examineWalk(walk, folder, trust, checks).verdict };
}

function describeRemoved({ folder, id, version }: Verdict, now: readonly Proven[]): RemovedCapsule {
  const movedTo = id === undefined ? undefined : now.find(({ verdict }) => verdict.id === id)?.verdict.folder;
  return {
    folder,
    ...(id === undefined || version === undefined ? {} : { id, version }),
    ...(movedTo === undefined ? {} : { movedTo }),
  };
}
