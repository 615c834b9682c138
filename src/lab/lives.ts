import type { Delivery, Outcome } from '../capsule/event.ts';
import type { Instance, Mishap, Rung } from '../sandbox/contract.ts';
import type { Tape } from './tape.ts';

/**
 * Runs a capsule and lets befall it what befell it then: where another sandbox took the place of a dead one, it begins anew, and what was
 * abandoned it is not handed. After the end of the recording it just runs.
 */
export function reliving(rung: Rung, tape: Tape): Rung {
  return { ...rung, start: async options => new Reliving(await rung.start(options), tape) };
}

class Reliving implements Instance {
  private readonly instance: Instance;
  private readonly tape: Tape;
  private mishaps: Mishap[] = [];

  constructor(instance: Instance, tape: Tape) {
    this.instance = instance;
    this.tape = tape;
  }

  init(): Promise<Outcome> {
    return this.instance.init();
  }

  renew(): Promise<Outcome> {
    return this.instance.renew();
  }

  stop(): Promise<void> {
    return this.instance.stop();
  }

  /** Up to the next mishap; the kernel asks for the rest. */
  async handle(batch: readonly Delivery[], foreseen?: readonly Outcome[]): Promise<readonly Outcome[]> {
    const next = batch.findIndex((delivery, index) => index > 0 && this.tape.mishap(delivery) !== undefined);
    const handed = next < 0 ? batch : batch.slice(0, next);
    const mishap = batch[0] && this.tape.mishap(batch[0]);
    if (mishap) this.mishaps.push(mishap);
    if (mishap?.kind === 'abandoned') return [this.tape.outcome(batch[0]!)];
    if (mishap?.kind === 'revived') await this.instance.renew();
    return this.instance.handle(handed, foreseen);
  }

  befell(): readonly Mishap[] {
    const told = [...this.mishaps, ...(this.instance.befell?.() ?? [])];
    this.mishaps = [];
    return told;
  }
}
