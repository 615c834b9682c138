/** In what ways the lab disturbs a run. */
export const DISTURBANCES = ['timing', 'slow', 'loss', 'redelivery', 'crash', 'skew'] as const;
export type DisturbanceKind = (typeof DISTURBANCES)[number];

/** A disturbed run, as its recording's header states it: all that was done to it follows from this and from its input. */
export interface Disturbance {
  readonly seed: string;
  readonly kinds: readonly DisturbanceKind[];
}
