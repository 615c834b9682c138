import { fail } from '../../base/diagnostic.ts';
import type { GovernanceTier } from '../../capsule/manifest.ts';
import type { Zone } from '../../capsule/zone.ts';

/** What an id says about its capsule. */
export interface Identity {
  readonly id: string;
  /** The last segment. */
  readonly name: string;
  readonly zone: Zone;
  readonly governance: GovernanceTier;
}

/** By namespace (companion facts), first match first. Whether a signer may use the namespace is for the trust file to say. */
const NAMESPACES: readonly (readonly [prefix: string, zone: Zone, governance: GovernanceTier])[] = [
  ['hypersync.core.', 'system', 'core'],
  ['hypersync.platform.', 'system', 'platform'],
  ['hypersync.contrib.', 'tenant', 'extension'],
  ['tenant.', 'tenant', 'extension'],
  ['user.', 'session', 'local'],
  // What its author keeps on this machine and trusts like vnes itself.
  ['local.', 'system', 'local'],
];

const ID = /^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/;
const MAX_LENGTH = 200;

/** @throws Failure VNES1051 with what would be a good id. */
export function identify(id: string): Identity {
  const found = NAMESPACES.find(([prefix]) => id.startsWith(prefix));
  if (!ID.test(id) || id.length > MAX_LENGTH) return malformed(id);
  const [, zone, governance] = found ?? ['', 'session', 'local'];
  return { id, name: id.slice(id.lastIndexOf('.') + 1), zone, governance };
}

function malformed(id: string): never {
  const words = (id.toLowerCase().match(/[a-z0-9_]+/g) ?? ['counter']).join('.');
  const known = NAMESPACES.some(([prefix]) => words.startsWith(prefix));
  const suggestion = `${known ? '' : words.includes('.') ? 'user.' : 'user.me.'}${words}`.slice(
    0,
    MAX_LENGTH,
  );
  return fail('VNES1051', `${JSON.stringify(id)} is not the id of a capsule`, {
    expected: `dotted segments of a-z, 0-9 and _, at least two, at most ${MAX_LENGTH} characters`,
    found: JSON.stringify(id),
    help: `use an id like ${suggestion}`,
  });
}
