import type { BeforeAfter, GovernanceFacts, TrustFileFacts } from '../../trust/change/facts.ts';
import { POLICY_FILE, TRUST_FILE, WAIVERS_FILE } from '../../trust/trust-places.ts';
import { shownFolder, shownPath } from './bytes.ts';
import { capsuleOf } from './discover.ts';
import type { GitObjects } from './objects.ts';
import type { Plan } from './plan.ts';
import { trustBytes } from './trust-base.ts';

/** The trust files that a change touches, before it and after it. */
export async function changedTrust(plan: Plan, objects: GitObjects): Promise<readonly TrustFileFacts[]> {
  const found: TrustFileFacts[] = [];
  for (const { path, before, after: next } of plan.changes) {
    if (!(await decides(path, [TRUST_FILE], plan))) continue;
    const [was, is] = await Promise.all([trustBytes(before, objects), trustBytes(next, objects)]);
    found.push({ path: shownPath(path), before: was ?? null, after: is ?? null });
  }
  return found;
}

/** The folders with a policy or waivers in which a change touches one of these, or the trust file beside them. */
export async function changedGovernance(
  plan: Plan,
  objects: GitObjects,
): Promise<readonly GovernanceFacts[]> {
  const folders = new Set<string>();
  for (const { path } of plan.changes) {
    if (await decides(path, [TRUST_FILE, POLICY_FILE, WAIVERS_FILE], plan))
      folders.add(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  }
  const found = await Promise.all([...folders].map(folder => governanceOf(folder, plan, objects)));
  return found.filter(isGoverned);
}

/**
 * Whether a path is one of these files, outside of capsules. Inside a capsule it is content like any other, and vouches for nothing
 * (trust/trust-places.ts). Those at the top are read in any case: whoever may sign some capsule must not get hold of them by making the
 * whole repository one.
 */
async function decides(path: string, names: readonly string[], { after }: Plan): Promise<boolean> {
  if (names.includes(path)) return true;
  return names.some(name => path.endsWith(`/${name}`)) && (await capsuleOf(after, path)) === undefined;
}

async function governanceOf(folder: string, plan: Plan, objects: GitObjects): Promise<GovernanceFacts> {
  const [trust, policy, waivers] = await Promise.all(
    [TRUST_FILE, POLICY_FILE, WAIVERS_FILE].map(name => fileIn(folder, name, plan, objects)),
  );
  return { folder: shownFolder(folder), trust: trust!, policy: policy!, waivers: waivers! };
}

async function fileIn(
  folder: string,
  name: string,
  { before, after }: Plan,
  objects: GitObjects,
): Promise<BeforeAfter> {
  const path = folder === '' ? name : `${folder}/${name}`;
  const [was, is] = await Promise.all(
    [before, after].map(async tree => trustBytes(await tree?.find(path), objects)),
  );
  return { before: was ?? null, after: is ?? null };
}

/** A trust root that pins a policy governs too where that policy is missing. */
function isGoverned({ trust, policy, waivers }: GovernanceFacts): boolean {
  const there = [policy, waivers].some(({ before, after }) => before !== null || after !== null);
  return there || Buffer.from(trust.after ?? []).includes('"policy"');
}
