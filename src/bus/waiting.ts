import type { BusEvent } from '../capsule/event.ts';

/** An event in a mailbox. */
export interface Waiting {
  readonly event: BusEvent;
  /** From 1: the how-manieth delivery it will be. */
  readonly attempt: number;
  /** Events that it stands for, and the time of the first of them. */
  readonly count: number;
  readonly since: number;
  /** The first frame that may deliver it. */
  readonly from: number;
  /** How often it was taken out and put back. */
  readonly turns: number;
}
