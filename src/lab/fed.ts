import type { Outcome } from '../capsule/event.ts';
import { requireOk } from '../kernel/require-ok.ts';
import type { Instance, InstanceOptions, Mishap, Rung } from '../sandbox/contract.ts';
import type { Tape } from './tape.ts';

const NO_EFFECTS: Outcome = { kind: 'ok', effects: { published: [], writes: [], logs: [] } };

/**
 * Runs nothing: what the recording says of a capsule is what it does, so that the rest of the network can go on. After the end of the
 * recording the capsule begins on its `own` rung.
 */
export function fedRung(tape: Tape, own: () => Rung): Rung {
  return { name: 'recording', start: async options => new FedInstance(tape, options, own) };
}

class FedInstance implements Instance {
  private readonly tape: Tape;
  private readonly options: InstanceOptions;
  private readonly own: () => Rung;
  private live: Instance | undefined;

  constructor(tape: Tape, options: InstanceOptions, own: () => Rung) {
    this.tape = tape;
    this.options = options;
    this.own = own;
  }

  async init(): Promise<Outcome> {
    return NO_EFFECTS;
  }

  async handle(batch: Parameters<Instance['handle']>[0]): Promise<readonly Outcome[]> {
    if (!this.tape.ended) return batch.map(delivery => this.tape.outcome(delivery));
    this.live ??= await this.begin();
    return this.live.handle(batch);
  }

  async renew(): Promise<Outcome> {
    return this.live?.renew() ?? NO_EFFECTS;
  }

  async stop(): Promise<void> {
    await this.live?.stop();
  }

  befell(): readonly Mishap[] {
    return this.live?.befell?.() ?? [];
  }

  private async begin(): Promise<Instance> {
    const instance = await this.own().start(this.options);
    requireOk(this.options.component.capsule, await instance.init());
    return instance;
  }
}
