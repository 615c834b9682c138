import type { Outcome } from '../capsule/event.ts';
import type { Instance, Rung } from '../sandbox/contract.ts';
import type { Tape } from './tape.ts';

const NO_EFFECTS: Outcome = { kind: 'ok', effects: { published: [], writes: [], logs: [] } };

/** Runs nothing: what the recording says of a capsule is what it does, so that the rest of the network can go on. */
export function fedRung(tape: Tape): Rung {
  const instance: Instance = {
    init: async () => NO_EFFECTS,
    handle: async batch => batch.map(delivery => tape.outcome(delivery)),
    renew: async () => NO_EFFECTS,
    stop: async () => {},
  };
  return { name: 'recording', start: async () => instance };
}
