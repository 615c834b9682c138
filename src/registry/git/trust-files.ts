import type { TrustFileFacts } from '../../trust/change/facts.ts';
import { TRUST_FILE } from '../../trust/trust-places.ts';
import { shownPath } from './bytes.ts';
import { capsuleOf } from './discover.ts';
import type { GitObjects } from './objects.ts';
import type { Plan } from './plan.ts';
import { trustBytes } from './trust-base.ts';

/** The trust files that a change touches, before it and after it. */
export async function changedTrust(
  { changes, after }: Plan,
  objects: GitObjects,
): Promise<readonly TrustFileFacts[]> {
  const found: TrustFileFacts[] = [];
  for (const { path, before, after: next } of changes) {
    if (path !== TRUST_FILE && !path.endsWith(`/${TRUST_FILE}`)) continue;
    // Inside a capsule it is content like any other, and vouches for nothing (trust/trust-places.ts). The one at the top is read
    // in any case: whoever may sign some capsule must not get hold of it by making the whole repository one.
    if (path !== TRUST_FILE && (await capsuleOf(after, path)) !== undefined) continue;
    const [was, is] = await Promise.all([trustBytes(before, objects), trustBytes(next, objects)]);
    found.push({ path: shownPath(path), before: was ?? null, after: is ?? null });
  }
  return found;
}
