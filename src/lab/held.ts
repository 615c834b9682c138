import type { Outcome } from '../capsule/event.ts';
import type { Instance, Rung } from '../sandbox/contract.ts';
import type { Tape } from './tape.ts';
import { withOutcomes } from './with-outcomes.ts';

/** What a capsule did now, with all that agrees with what it did then, by the promise of its tier, replaced by the latter. */
export type Reconcile = (recorded: Outcome, actual: Outcome) => Outcome;

/**
 * Runs a capsule and holds it to the recording: what agrees is replaced by what was recorded, so that others meet the very bytes
 * that they met then; what does not agree is let through, for the comparison of the frames to find. After the end of the recording it
 * just runs.
 */
export function heldRung(rung: Rung, tape: Tape, reconcile: Reconcile): Rung {
  return {
    name: rung.name,
    start: async options => held(await rung.start(options), tape, reconcile),
  };
}

function held(instance: Instance, tape: Tape, reconcile: Reconcile): Instance {
  return withOutcomes(instance, (actual, delivery) =>
    tape.ended ? actual : reconcile(tape.outcome(delivery), actual),
  );
}
