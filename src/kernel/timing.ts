import { sha256Raw } from '../base/digest.ts';
import type { Clock } from '../base/ports.ts';

/** Disturbs when work starts, never what it yields. A run must not depend on it; running under several proves that. */
export interface Timing {
  /** What to wait for before subscriber `name` starts its batch of frame `frame`, if anything. */
  before(name: string, frame: number): Promise<void> | undefined;
}

/** Starts everything at once. */
export const UNDISTURBED: Timing = { before: () => undefined };

const MAX_DELAY_MS = 4;

/** Delays of 0 to 3 ms that depend on the seed, the frame and the subscriber. */
export function disturbed(seed: string, clock: Clock): Timing {
  return {
    before: (name, frame) => clock.sleep(sha256Raw(`${seed}\0${frame}\0${name}`)[0]! % MAX_DELAY_MS),
  };
}
