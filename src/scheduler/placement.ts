import type { NamedResource, Resources } from '../capsule/manifest.ts';
import type { Tier } from '../capsule/tier.ts';
import { lessTrusted, type Zone } from '../capsule/zone.ts';

/** Where a capsule runs, and why. */
export interface Placement {
  readonly zone: Zone;
  readonly because: string;
}

/**
 * Places one capsule: in the less trusted of its own zone and the run's (spec, sections 3 and 4). A zone is a minimum of
 * isolation, so moving a capsule to a less trusted zone is always allowed and the other way never.
 */
export function place(own: Zone, run: Zone): Placement {
  const zone = lessTrusted(own, run);
  const because =
    zone === own
      ? `its manifest and namespace allow ${own}`
      : `the run is limited to ${run}, its manifest and namespace allow ${own}`;
  return { zone, because };
}

/**
 * Whether a capsule may, when the user allows it, run in less isolation than its zone asks for. What promises to be bit-exact may not:
 * its sandbox is what makes it so.
 */
export function mayBeWeaker(tier: Tier): boolean {
  return tier !== 'D0_bit_exact';
}

/**
 * What of the machine capsules of a zone may be granted, if the user allows it. A kind that is not in the list is refused: what comes
 * from a network or a device is in no recording, so nothing could be replayed.
 */
const GRANTABLE: Readonly<Record<Zone, readonly NamedResource[]>> = {
  system: ['files'],
  tenant: ['files'],
  session: [],
  ephemeral: [],
};

const NAMED: readonly NamedResource[] = ['files', 'network', 'devices'];

/** Of the kinds of resources that a capsule asks for, those that its zone does not allow. */
export function refusedResources(resources: Resources, zone: Zone): readonly NamedResource[] {
  const asked = NAMED.filter(kind => (resources[kind]?.length ?? 0) > 0);
  return asked.filter(kind => !GRANTABLE[zone].includes(kind));
}

/** Whether capsules of a zone may be given a folder to write to, which is memory of their own: a machine has none for them. */
export function allowsScratch(zone: Zone): boolean {
  return zone !== 'ephemeral';
}
