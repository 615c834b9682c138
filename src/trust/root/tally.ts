import { delegationFor } from './delegation.ts';
import type { Delegation, Role, SignedRoot } from './model.ts';
import { keyOwners } from './principals.ts';

/** How far a role is from being met for one capsule. */
export interface Tally {
  readonly role: Role;
  /** The delegation that decides, or undefined when nobody was given the role. */
  readonly delegation?: Delegation;
  /** Principals of the delegation who signed, each once, in the root's order. */
  readonly counted: readonly string[];
  /** How many more are needed. */
  readonly missing: number;
  /** Principals of the delegation who have a key and did not sign. */
  readonly candidates: readonly string[];
}

/** Counts those who signed, known by the base64 of their public keys, for a role and a capsule id. */
export function tally(root: SignedRoot, role: Role, id: string, keys: readonly string[]): Tally {
  const delegation = delegationFor(root, role, id);
  if (!delegation) return { role, counted: [], missing: 1, candidates: [] };
  const owners = keyOwners(root.principals);
  const signed = new Set(keys.map(key => owners.get(key)));
  const able = new Set(owners.values());
  const counted = delegation.principals.filter(name => signed.has(name));
  return {
    role,
    delegation,
    counted,
    missing: Math.max(0, delegation.threshold - counted.length),
    candidates: delegation.principals.filter(name => able.has(name) && !signed.has(name)),
  };
}

/**
 * The fewest principals whose signatures would meet every tally, or undefined when no signatures could. With two roles, taking
 * first those who count for both is the best there is.
 */
export function fewestSigners(tallies: readonly Tally[]): readonly string[] | undefined {
  const open = tallies.map(({ missing, candidates }) => ({ missing, candidates }));
  if (open.some(({ missing, candidates }) => missing > candidates.length)) return undefined;
  const chosen: string[] = [];
  for (;;) {
    const unmet = open.filter(({ missing, candidates }) => missing > met(candidates, chosen));
    if (unmet.length === 0) return chosen;
    const names = unmet.flatMap(({ candidates }) => candidates).filter(name => !chosen.includes(name));
    const uses = (name: string) => unmet.filter(({ candidates }) => candidates.includes(name)).length;
    chosen.push(names.reduce((best, name) => (uses(name) > uses(best) ? name : best)));
  }
}

function met(candidates: readonly string[], chosen: readonly string[]): number {
  return candidates.filter(name => chosen.includes(name)).length;
}
