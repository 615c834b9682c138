import type { Digest } from '../base/digest.ts';
import type { Strategy } from '../bus/steering.ts';
import type { Waiting } from '../bus/waiting.ts';
import type { BusEvent } from '../capsule/event.ts';
import type { StateTable } from '../state/memory.ts';
import type { Counted } from '../store/sequence.ts';

/** Events that wait in one mailbox. */
export interface WaitingMail {
  readonly subscriber: string;
  readonly topic: string;
  readonly waiting: readonly Waiting[];
}

/** What policies decided, and of which mailboxes they were last told that something waits. */
export interface SteeringStanding {
  readonly strategies: readonly Strategy[];
  readonly told: readonly string[];
}

/** What is known of the capsules' health. */
export interface HealthStanding {
  /** Traps and faults in a row, by capsule; none for one that is well. */
  readonly breakdowns: Readonly<Record<string, number>>;
  readonly suspended: readonly string[];
}

/** Where a kernel stands between two frames: all that it needs to go on, but the state and what instances hold in their memory. */
export interface Standing {
  readonly frames: number;
  readonly events: number;
  /** The next offset of each partition, by `topic/partition`. */
  readonly offsets: Readonly<Record<string, number>>;
  readonly logRoot: Digest;
  /** What the last frame published. */
  readonly pending: readonly BusEvent[];
  readonly mail: readonly WaitingMail[];
  readonly steering: SteeringStanding;
  readonly health: HealthStanding;
  /** Frames since the last that took input or left less waiting, and the least that waited since the last input, if any has. */
  readonly idle: { readonly frames: number; readonly least: number | null };
}

/** What the records of a journal that goes on from here are counted from. */
export function countedAt({ frames, events, offsets }: Standing, state: StateTable): Counted {
  return { frames, events, offsets: Object.entries(offsets), versions: state.versions() };
}
