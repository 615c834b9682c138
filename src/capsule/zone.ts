/** Trust zones (spec, section 3), most trusted first. */
export const ZONES = ['system', 'tenant', 'session', 'ephemeral'] as const;
export type Zone = (typeof ZONES)[number];

/** The less trusted of two zones. */
export function lessTrusted(a: Zone, b: Zone): Zone {
  return ZONES.indexOf(a) >= ZONES.indexOf(b) ? a : b;
}
