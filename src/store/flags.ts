/**
 * Behaviour flags that this version of vnes can honour when it replays. A recording with any other was made by a kernel that behaves
 * in a way this one does not know, so it is refused rather than replayed wrongly.
 */
export const KNOWN_FLAGS: readonly string[] = [];
