import { covers, specificity } from '../namespace.ts';
import type { Delegation, Role, SignedRoot } from './model.ts';

/**
 * The delegation of a role that decides about a capsule id: the most specific one that covers it. The id itself is more specific
 * than any prefix, and a longer prefix more than a shorter one. Undefined when nobody was given the role for this id.
 */
export function delegationFor({ delegations }: SignedRoot, role: Role, id: string): Delegation | undefined {
  const candidates = delegations.filter(each => each.role === role && covers(each.namespace, id));
  return candidates.reduce<Delegation | undefined>(
    (best, each) => (best && specificity(best.namespace) >= specificity(each.namespace) ? best : each),
    undefined,
  );
}
