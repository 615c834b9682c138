import { fail } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import type { Walk } from '../../capsule/inventory.ts';
import { CHECKS } from '../../trust/checks.ts';
import type { TrustStore } from '../../trust/store.ts';
import type { Check, Verdict } from '../../trust/verdict.ts';
import { examineWalk } from '../../trust/verify.ts';
import { type Affected, affectedBy } from './affected.ts';
import { shownFolder } from './bytes.ts';
import { changeChecks } from './change-checks.ts';
import { gitFor } from './command.ts';
import { capsuleOf, discoverIn } from './discover.ts';
import { historyChecks } from './history.ts';
import { GitObjects } from './objects.ts';
import { type GitSource, type Plan, planFor } from './plan.ts';
import { type Scope, scopeOf } from './scope.ts';
import { type TrustChoice, trustFor } from './trust-base.ts';
import { walkTree } from './walk.ts';

export interface GateOptions {
  readonly source: GitSource;
  readonly trust: TrustChoice;
  /** Folders to keep to, as typed; none is the whole repository. */
  readonly paths: readonly string[];
}

/** A capsule that was there before the change. */
export interface RemovedCapsule {
  readonly folder: string;
  readonly id?: string;
  readonly version?: string;
  /** Where a capsule of its id is now. */
  readonly movedTo?: string;
}

export interface GateReport {
  /** What was looked at, by full commit ids; null is the index, or no commit yet. */
  readonly source: {
    readonly kind: GitSource['kind'];
    readonly base: string | null;
    readonly commit: string | null;
  };
  readonly trust: TrustStore;
  readonly examined: readonly { readonly verdict: Verdict; readonly walk: Walk }[];
  readonly removed: readonly RemovedCapsule[];
  /** What was asked of the change as a whole. */
  readonly change: readonly Check[];
}

/** Capsules whose files are read at the same time. */
const AT_ONCE = 64;

/**
 * Verifies capsules as they are in git's objects, and what a change does to them. Reads no file of the checkout but a trust file
 * that was named.
 * @throws Failure VNES24xx when the repository, the revisions or the index do not allow a verdict; VNES4001 when a tree holds
 *   no capsule; what trust/store.ts throws for a bad trust file.
 */
export async function examineGit({ source, trust, paths }: GateOptions, ports: Ports): Promise<GateReport> {
  const git = gitFor(ports);
  const objects = new GitObjects(git);
  try {
    const scope = await scopeOf(paths, git);
    const plan = await planFor(source, git, objects);
    const store = await trustFor(plan, trust, { git, objects }, ports);
    const gate = new Gate(plan, store, scope, objects);
    const found = await gate.examine();
    const change = await changeChecks({
      plan,
      trust: store,
      choice: trust,
      removed: found.removed,
      scope,
      objects,
    });
    const { base = null, commit = null } = { base: plan.base?.commit, commit: plan.commit?.commit };
    return { source: { kind: source.kind, base, commit }, trust: store, ...found.report, change };
  } finally {
    objects.close();
  }
}

interface Examined {
  readonly folder: string;
  readonly verdict: Verdict;
  readonly walk: Walk;
}

class Gate {
  private readonly plan: Plan;
  private readonly trust: TrustStore;
  private readonly scope: Scope;
  private readonly objects: GitObjects;

  constructor(plan: Plan, trust: TrustStore, scope: Scope, objects: GitObjects) {
    this.plan = plan;
    this.trust = trust;
    this.scope = scope;
    this.objects = objects;
  }

  async examine() {
    const affected = await this.affected();
    const past = await this.verdictsBefore([...affected.removed, ...affected.capsules.keys()]);
    const gone = affected.removed.flatMap(folder => past.get(folder) ?? []);
    const examined = await inBatches([...affected.capsules.keys()], folder =>
      this.examineOne(folder, affected, past.get(folder), gone),
    );
    const replaced = examined.flatMap(({ folder, verdict }) => {
      const before = past.get(folder);
      const other = verdict.id !== undefined && before?.id !== undefined && before.id !== verdict.id;
      return other ? [before] : [];
    });
    const removed = [...gone, ...replaced].map(before => describeRemoved(before, examined));
    return { removed: affected.removed, report: { examined, removed } };
  }

  private async affected(): Promise<Affected> {
    const { before, after, changes } = this.plan;
    if (before) {
      const { capsules, removed } = await affectedBy(changes, before, after);
      const kept = [...capsules].filter(([folder]) => this.scope(folder));
      return { capsules: new Map(kept), removed: removed.filter(this.scope) };
    }
    const capsules = (await discoverIn(after, '')).capsules.filter(this.scope);
    if (capsules.length > 0) return { capsules: new Map(capsules.map(folder => [folder, []])), removed: [] };
    return fail('VNES4001', 'no capsule found in the tree', {
      expected: 'a folder that holds manifest.json or receipt.stunir.json',
      found: 'none',
      help: 'name a commit that holds capsules',
    });
  }

  private async verdictsBefore(folders: readonly string[]): Promise<ReadonlyMap<string, Verdict>> {
    const { before } = this.plan;
    if (!before) return new Map();
    const verdicts = await inBatches(folders, async folder => {
      const path = folder === '' ? 'x' : `${folder}/x`;
      if ((await capsuleOf(before, path)) !== folder) return [];
      const walk = await walkTree(before, folder, this.objects);
      return [[folder, examineWalk(walk, shownFolder(folder), this.trust).verdict] as const];
    });
    return new Map(verdicts.flat());
  }

  private async examineOne(
    folder: string,
    affected: Affected,
    here: Verdict | undefined,
    gone: readonly Verdict[],
  ): Promise<Examined> {
    const walk = await walkTree(this.plan.after, folder, this.objects);
    const rows = historyChecks({
      folder,
      changes: affected.capsules.get(folder) ?? [],
      before: id => [...(here ? [here] : []), ...gone].find(verdict => verdict.id === id),
      published: this.plan.target !== undefined,
    });
    const checks = this.plan.before ? [...CHECKS, ...rows] : CHECKS;
    return { folder, walk, verdict: examineWalk(walk, shownFolder(folder), this.trust, checks).verdict };
  }
}

function describeRemoved({ folder, id, version }: Verdict, now: readonly Examined[]): RemovedCapsule {
  const movedTo = id === undefined ? undefined : now.find(({ verdict }) => verdict.id === id)?.verdict.folder;
  return {
    folder,
    ...(id === undefined || version === undefined ? {} : { id, version }),
    ...(movedTo === undefined ? {} : { movedTo }),
  };
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  return results;
}
