import type { Delivery, Outcome } from '../capsule/event.ts';
import type { Instance } from '../sandbox/contract.ts';

/** The same instance, with something else in the place of each outcome of a delivery. */
export function withOutcomes(
  instance: Instance,
  replace: (outcome: Outcome, delivery: Delivery) => Outcome,
): Instance {
  return {
    init: () => instance.init(),
    renew: () => instance.renew(),
    stop: () => instance.stop(),
    befell: () => instance.befell?.() ?? [],
    handle: async batch => {
      const outcomes = await instance.handle(batch);
      return outcomes.map((outcome, index) => replace(outcome, batch[index]!));
    },
  };
}
