import { fail } from '../base/diagnostic.ts';
import type { Outcome } from '../capsule/event.ts';

/** @throws Failure VNES6002 when an `init` did not end well */
export function requireOk(id: string, outcome: Outcome): void {
  if (outcome.kind === 'ok') return;
  fail('VNES6002', `${id} could not start: its init ended in ${outcome.kind}`, {
    expected: 'init to return without an error',
    found: outcome.message,
    help: `look at init in the capsule's sources and at runtime.config in its manifest`,
  });
}
