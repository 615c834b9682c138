import type { Effects, Outcome } from '../capsule/event.ts';
import type { FrameRecord, SealRecord } from '../store/record.ts';
import type { Due } from './mailboxes.ts';

/** What a frame has for one capsule. */
export interface Work {
  readonly capsule: string;
  /** The deliveries that are made, in their order. */
  readonly due: readonly Due[];
  /** What speaks against effects of the capsule. */
  objection(effects: Effects): string | undefined;
  /** Lets the capsule handle them, with the state of the frame's start however much later that is. To be called once, in the order of frames. */
  perform(foreseen?: readonly Outcome[]): Promise<readonly Outcome[]>;
}

/** A frame as it would be with other outcomes than those that were foreseen. */
export interface Retold {
  readonly record: FrameRecord;
  /** What a kernel would have ended with that ended there. */
  seal(): SealRecord;
}

/** @param finished the outcomes of each capsule that had work in the frame */
export type Retell = (finished: ReadonlyMap<string, readonly Outcome[]>) => Retold;

/**
 * Knows how deliveries end before they are made: a recording tells. So a kernel goes on with the next frame while the sandboxes still work
 * on this one. What is foreseen is taken for true; whoever foresees holds it against what happens.
 */
export interface Foresight {
  /** How the deliveries end; later, where nothing is known of them and they must be made first. */
  foresee(work: Work): readonly Outcome[] | Promise<readonly Outcome[]>;
  /** Told of each frame when it is put together from that. */
  composed(record: FrameRecord, retell: Retell): void;
}
