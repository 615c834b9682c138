/** Determinism tiers, strongest promise first. */
export const TIERS = [
  'D0_bit_exact',
  'D1_numerically_stable',
  'D2_soft_deterministic',
  'NX_experimental',
] as const;
export type Tier = (typeof TIERS)[number];
/** A tier as manifests write it: in full or short. */
export type TierName = Tier | 'D0' | 'D1' | 'D2' | 'NX';

/** The tier that a manifest's value stands for; the short forms `D0` to `NX` occur in the field. */
export function parseTier(text: string | undefined): Tier {
  return TIERS.find(tier => tier === text || tier.split('_')[0] === text) ?? 'NX_experimental';
}
