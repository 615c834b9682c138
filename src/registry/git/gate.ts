import type { Ports } from '../../base/ports.ts';
import type { GitFacts } from '../../trust/change/facts.ts';
import { type GitVerdict, judgeGit } from '../../trust/change/judge.ts';
import type { TrustStore } from '../../trust/store.ts';
import { gitFor } from './command.ts';
import { gather } from './gather.ts';
import { GitObjects } from './objects.ts';
import { type GitSource, planFor } from './plan.ts';
import { foldersOf, scopeOf } from './scope.ts';
import { type TrustChoice, trustFor } from './trust-base.ts';

export interface GateOptions {
  readonly source: GitSource;
  readonly trust: TrustChoice;
  /** Folders to keep to, as typed; none is the whole repository. */
  readonly paths: readonly string[];
}

/** What was found in git, and who was trusted. */
export interface GitEvidence {
  readonly facts: GitFacts;
  readonly trust: TrustStore;
}

export interface GateReport extends GitEvidence, GitVerdict {}

/**
 * Verifies capsules as they are in git's objects, and what a change does to them. Reads no file of the checkout but a trust file
 * that was named.
 * @throws Failure VNES24xx when the repository, the revisions or the index do not allow a verdict; VNES4001 when a tree holds
 *   no capsule; what trust/store.ts throws for a bad trust file.
 */
export async function examineGit(options: GateOptions, ports: Ports): Promise<GateReport> {
  const git = gitFor(ports);
  const paths = await foldersOf(options.paths, git);
  const evidence = await gatherGit({ ...options, paths }, ports);
  return { ...evidence, ...judgeGit(evidence.facts, evidence.trust) };
}

/** Gathers all that a verdict depends on. `paths` are folders of the repository. @throws as {@link examineGit} */
export async function gatherGit({ source, trust, paths }: GateOptions, ports: Ports): Promise<GitEvidence> {
  const git = gitFor(ports);
  const objects = new GitObjects(git);
  try {
    const plan = await planFor(source, git, objects);
    const { store, facts } = await trustFor(plan, trust, { git, objects }, ports);
    const found = await gather(plan, scopeOf(paths), objects);
    const commits = {
      base: plan.base?.commit ?? null,
      commit: plan.commit?.commit ?? null,
      target: plan.target?.commit ?? null,
    };
    return {
      trust: store,
      facts: { source: { kind: source.kind, ...commits }, paths, trust: facts, now: trust.now, ...found },
    };
  } finally {
    objects.close();
  }
}
