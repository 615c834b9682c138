import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { compareCodeUnits } from '../base/order.ts';

/** Which key prefixes a capsule alone may write. */
export interface PrefixClaim {
  readonly id: string;
  readonly owns: readonly string[];
}

/** Who may write which keys. */
export interface Ownership {
  mayWrite(id: string, key: string): boolean;
  /** The capsule that owns a key; undefined when none does. */
  ownerOf(key: string): string | undefined;
}

/** What a capsule owns when its manifest does not say (docs/capsule.md). */
export function defaultPrefix(id: string): string {
  return `${id}/`;
}

/**
 * The ownership table of the capsules that take part in a run.
 * @throws Failure VNES7010, one diagnostic for each two capsules whose prefixes overlap.
 */
export function ownersOf(capsules: readonly PrefixClaim[]): Ownership {
  const claims = capsules
    .flatMap(({ id, owns }) => owns.map(prefix => ({ id, prefix })))
    .sort((a, b) => compareCodeUnits(a.prefix, b.prefix) || compareCodeUnits(a.id, b.id));
  const [first, ...more] = overlaps(claims);
  if (first) throw new Failure(first, ...more);
  const byId = new Map(capsules.map(({ id, owns }) => [id, owns]));
  return {
    mayWrite: (id, key) => byId.get(id)?.some(prefix => key.startsWith(prefix)) ?? false,
    ownerOf: key => claims.find(({ prefix }) => key.startsWith(prefix))?.id,
  };
}

interface Claim {
  readonly id: string;
  readonly prefix: string;
}

/** In sorted order a prefix stands before everything that it covers; `open` holds the prefixes that cover the current one. */
function overlaps(claims: readonly Claim[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  let open: Claim[] = [];
  for (const claim of claims) {
    open = open.filter(({ prefix }) => claim.prefix.startsWith(prefix));
    for (const other of open) if (other.id !== claim.id) found.push(overlap(other, claim));
    open.push(claim);
  }
  return found;
}

function overlap(wide: Claim, narrow: Claim): Diagnostic {
  return diagnose('VNES7010', `${wide.id} and ${narrow.id} claim the same state keys`, {
    place: { pointer: '/interfaces/state/owns' },
    expected: 'each key prefix owned by one capsule',
    found: `${wide.id} owns ${JSON.stringify(wide.prefix)}, ${narrow.id} owns ${JSON.stringify(narrow.prefix)}`,
    help: 'change `interfaces.state.owns` of one of them; without it a capsule owns `<id>/`',
  });
}
