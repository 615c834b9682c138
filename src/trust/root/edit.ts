import { fail } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { rootDigest } from './encode.ts';
import type { Delegation, Principal, Role, SignedRoot } from './model.ts';

/** What a new root says. */
export interface NewRoot {
  readonly name: string;
  readonly principals: readonly Principal[];
  readonly threshold: number;
  /** Namespaces that the root principals may build for, with the same threshold. */
  readonly namespaces: readonly string[];
  readonly require: SignedRoot['require'];
  readonly expires: string;
}

/** Where principals act: the root itself, or a role for a namespace. */
export interface Seat {
  readonly role: Role | 'root';
  /** None for the root itself. */
  readonly namespace?: string | undefined;
}

/** The first version of a root. Each role that it asks for is given to the root principals. */
export function firstVersion({
  name,
  principals,
  threshold,
  namespaces,
  require,
  expires,
}: NewRoot): SignedRoot {
  const names = principals.map(principal => principal.name);
  return {
    type: 'vnes-trust-root-v1',
    name,
    version: 1,
    expires,
    principals,
    root: { principals: names, threshold },
    require,
    delegations: require.flatMap(role =>
      namespaces.map(namespace => ({ role, namespace, principals: names, threshold })),
    ),
    revoked: [],
  };
}

/** The version after this one, which says the same. */
export function nextVersion(signed: SignedRoot): SignedRoot {
  return { ...signed, version: signed.version + 1, previous: rootDigest(signed) };
}

/** With this policy pinned, or none. */
export function withPolicy({ policy: _, ...signed }: SignedRoot, digest: Digest | undefined): SignedRoot {
  return digest === undefined ? signed : { ...signed, policy: digest };
}

export function renewed(signed: SignedRoot, expires: string): SignedRoot {
  return { ...signed, expires };
}

/** With more keys for a principal, who may be new. */
export function withKeys(signed: SignedRoot, name: string, keys: readonly string[]): SignedRoot {
  const known = signed.principals.some(principal => principal.name === name);
  if (!known && keys.length === 0) return unknownPrincipal(name, 'give the public key with --public');
  const principals = known
    ? signed.principals.map(each => (each.name === name ? { ...each, keys: [...each.keys, ...keys] } : each))
    : [...signed.principals, { name, keys }];
  return { ...signed, principals };
}

/** With these keys of a principal revoked; all of them when `keys` is empty. @throws Failure VNES2070 */
export function withoutKeys(
  signed: SignedRoot,
  name: string,
  keys: readonly string[],
  reason: string,
): SignedRoot {
  const principal = signed.principals.find(each => each.name === name);
  if (!principal) return unknownPrincipal(name, 'vnes trust show names them');
  const lost = keys.length > 0 ? keys : principal.keys;
  const foreign = lost.find(key => !principal.keys.includes(key));
  if (foreign !== undefined || lost.length === 0) {
    return fail('VNES2070', `${name} has no such key`, {
      expected: principal.keys.join(', ') || 'a principal with keys',
      found: foreign ?? 'no keys at all',
      help: 'vnes trust show',
    });
  }
  const left = principal.keys.filter(key => !lost.includes(key));
  return {
    ...signed,
    principals: signed.principals.map(each => (each === principal ? { name, keys: left } : each)),
    revoked: [...signed.revoked, ...lost.map(public_key => ({ public_key, principal: name, reason }))],
  };
}

/** With these principals in a role, next to those who have it, and with the given threshold or the one that holds. */
export function withSeat(
  signed: SignedRoot,
  names: readonly string[],
  seat: Seat,
  threshold: number | undefined,
): SignedRoot {
  const before = seated(signed, seat);
  const principals = [...new Set([...(before?.principals ?? []), ...names])];
  return reseated(signed, seat, { principals, threshold: threshold ?? before?.threshold ?? 1 });
}

/** Without this principal in a role, whose threshold stays unless another is given. @throws Failure VNES2070 */
export function withoutSeat(
  signed: SignedRoot,
  name: string,
  seat: Seat,
  threshold: number | undefined,
): SignedRoot {
  const before = seated(signed, seat);
  if (!before?.principals.includes(name)) {
    return fail('VNES2070', `${name} does not have this role`, {
      expected: before ? before.principals.join(', ') : 'a role that the root gives to somebody',
      found: seatText(seat),
      help: 'vnes trust show',
    });
  }
  const principals = before.principals.filter(each => each !== name);
  return reseated(signed, seat, { principals, threshold: threshold ?? before.threshold });
}

type Holders = Pick<Delegation, 'principals' | 'threshold'>;

function seated(signed: SignedRoot, { role, namespace }: Seat): Holders | undefined {
  return role === 'root'
    ? signed.root
    : signed.delegations.find(each => each.role === role && each.namespace === namespace);
}

function reseated(signed: SignedRoot, { role, namespace }: Seat, holders: Holders): SignedRoot {
  if (role === 'root') return { ...signed, root: holders };
  const row = { role, namespace: namespace!, ...holders };
  const same = (each: Delegation) => each.role === role && each.namespace === namespace;
  const delegations = signed.delegations.some(same)
    ? signed.delegations.map(each => (same(each) ? row : each))
    : [...signed.delegations, row];
  return { ...signed, delegations };
}

function seatText({ role, namespace }: Seat): string {
  return namespace === undefined ? role : `${role} of ${namespace}`;
}

function unknownPrincipal(name: string, help: string): never {
  return fail('VNES2070', `there is no principal ${name}`, {
    expected: 'a principal of this root',
    found: name,
    help,
  });
}
