/** Trust zones (spec, section 3), most trusted first. */
export const ZONES = ['system', 'tenant', 'session', 'ephemeral'] as const;
export type Zone = (typeof ZONES)[number];

/** The most trusted zone that ids of a namespace may claim (companion facts). Who may sign there is for the trust file to say. */
const CEILINGS: readonly (readonly [prefix: string, zone: Zone])[] = [
  ['hypersync.contrib.', 'tenant'],
  ['tenant.', 'tenant'],
  ['user.', 'session'],
];

/**
 * The most trusted zone that a capsule of this id may claim for itself. Elsewhere than in the namespaces of communities, tenants and
 * persons there is no such limit: whoever lets a key sign there has decided.
 */
export function zoneCeiling(id: string): Zone {
  return CEILINGS.find(([prefix]) => id.startsWith(prefix))?.[1] ?? 'system';
}

/** The less trusted of two zones. */
export function lessTrusted(a: Zone, b: Zone): Zone {
  return ZONES.indexOf(a) >= ZONES.indexOf(b) ? a : b;
}
