/** Where an invariant broke first. */
export interface Break {
  readonly frame: number;
  /** `seq` of the event: of the delivery, or the last one of the frame. */
  readonly event: number;
  readonly found: string;
  /** It is neither true nor false. */
  readonly undecided?: true;
}

/** How far the invariants of a run were asked: the last frame and event, the time, and by name what had broken. */
export interface WatchedSoFar {
  readonly frame: number;
  readonly time: number;
  readonly event: number;
  readonly broken: Readonly<Record<string, Break>>;
}
