import { fail } from '../../base/diagnostic.ts';
import { type CapsuleFacts, type GitFacts, LINK_MODE, SUBMODULE_MODE } from '../../trust/change/facts.ts';
import { type Affected, affectedBy } from './affected.ts';
import { shownFolder, shownPath } from './bytes.ts';
import type { Change } from './changes.ts';
import { capsuleOf, discoverIn, isInSight } from './discover.ts';
import { followLink } from './links.ts';
import type { GitObjects } from './objects.ts';
import type { Plan } from './plan.ts';
import { lookAtRemoved } from './removed.ts';
import { changedSchemas, type Placed } from './schemas.ts';
import type { Scope } from './scope.ts';
import { changedGovernance, changedTrust } from './trust-files.ts';
import { walkTree } from './walk.ts';

/** Capsules whose files are read at the same time. */
const AT_ONCE = 64;

/** What only git can tell of a plan. */
export type Gathered = Omit<GitFacts, 'source' | 'paths' | 'trust' | 'now'>;

/**
 * Everything that a verdict about a plan depends on, but who is trusted.
 * @throws Failure VNES2404 for what git cannot read; VNES4001 when a tree holds no capsule.
 */
export async function gather(plan: Plan, scope: Scope, objects: GitObjects): Promise<Gathered> {
  const affected = await affectedIn(plan, scope);
  const folders = [...affected.removed, ...affected.capsules.keys()];
  const capsules = await inBatches([...affected.capsules], each => capsuleFacts(each, plan, objects));
  const past = (await inBatches(folders, folder => pastOf(folder, plan, objects))).flat();
  const now = [...affected.capsules.keys()].map((folder, index) => [folder, capsules[index]!] as const);
  const removed = await Promise.all(affected.removed.map(folder => lookAtRemoved(folder, plan.after)));
  const { links, submodules } = await outside(plan, scope);
  return {
    capsules,
    past: past.map(([, facts]) => facts),
    removed,
    schemas: await changedSchemas(now, past, plan, objects),
    trustFiles: await changedTrust(plan, objects),
    governance: await changedGovernance(plan, objects),
    links: await Promise.all(links.map(link => followLink(link, plan.after, objects))),
    submodules: submodules.map(shownPath),
  };
}

async function affectedIn({ before, after, changes }: Plan, scope: Scope): Promise<Affected> {
  if (before) {
    const { capsules, removed } = await affectedBy(changes, before, after);
    const kept = [...capsules].filter(([folder]) => scope(folder));
    return { capsules: new Map(kept), removed: removed.filter(scope) };
  }
  const capsules = (await discoverIn(after, '')).capsules.filter(scope);
  if (capsules.length > 0) return { capsules: new Map(capsules.map(folder => [folder, []])), removed: [] };
  return fail('VNES4001', 'no capsule found in the tree', {
    expected: 'a folder that holds manifest.json or receipt.stunir.json',
    found: 'none',
    help: 'name a commit that holds capsules',
  });
}

async function capsuleFacts(
  [folder, changes]: readonly [string, readonly Change[]],
  { after }: Plan,
  objects: GitObjects,
): Promise<CapsuleFacts> {
  const start = folder === '' ? 0 : folder.length + 1;
  return {
    folder: shownFolder(folder),
    walk: await walkTree(after, folder, objects),
    changes: changes.map(({ path, before, after: now }) => ({
      path: shownPath(path.slice(start)),
      before: before?.mode ?? null,
      after: now?.mode ?? null,
    })),
  };
}

/** The capsule at a folder as it was before the change, if one was there. */
async function pastOf(folder: string, { before }: Plan, objects: GitObjects): Promise<readonly Placed[]> {
  const path = folder === '' ? 'x' : `${folder}/x`;
  if (!before || (await capsuleOf(before, path)) !== folder) return [];
  return [[folder, { folder: shownFolder(folder), walk: await walkTree(before, folder, objects) }]];
}

/** Links and submodules outside of capsules: those that the change brings, or all in a tree. */
async function outside(
  { before, after, changes }: Plan,
  scope: Scope,
): Promise<{ links: readonly string[]; submodules: readonly string[] }> {
  if (!before) {
    const { links, submodules } = await discoverIn(after, '');
    return { links: links.filter(scope), submodules: submodules.filter(scope) };
  }
  const found: string[][] = [[], []];
  for (const { path, after: now } of changes) {
    const list = found[[LINK_MODE, SUBMODULE_MODE].indexOf(now?.mode ?? '')];
    const seen = list && scope(path) && isInSight(path);
    if (seen && (await capsuleOf(after, path)) === undefined) list.push(path);
  }
  return { links: found[0]!, submodules: found[1]! };
}

async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  return results;
}
