import { TIERS } from '../capsule/tier.ts';
import { ZONES } from '../capsule/zone.ts';
import type { Candidate } from './candidate.ts';

/** What must hold between a capsule and one that it requires, beyond name and version. */
export interface EdgeRule {
  /** Stable name, for the JSON output. */
  readonly id: string;
  /** Why `provider` may not serve `dependent`, as the end of a sentence about the provider; undefined when it may. */
  readonly refuses: (dependent: Candidate, provider: Candidate) => string | undefined;
}

/** A promise is only as good as the weakest part it rests on, and trust must not flow upwards. */
export const EDGE_RULES: readonly EdgeRule[] = [
  {
    id: 'determinism',
    refuses: (dependent, provider) =>
      TIERS.indexOf(provider.tier) > TIERS.indexOf(dependent.tier)
        ? `promises ${provider.tier}, weaker than the ${dependent.tier} of ${dependent.name}`
        : undefined,
  },
  {
    id: 'trust',
    refuses: (dependent, provider) =>
      ZONES.indexOf(provider.zone) > ZONES.indexOf(dependent.zone)
        ? `is in the ${provider.zone} zone, less trusted than the ${dependent.zone} zone of ${dependent.name}`
        : undefined,
  },
];
