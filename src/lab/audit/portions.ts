import type { Delivery, Outcome } from '../../capsule/event.ts';
import { FrameView } from '../../kernel/batch.ts';
import type { Instance, InstanceOptions, Rung } from '../../sandbox/contract.ts';
import type { Change } from './change.ts';

/**
 * Hands batches over in smaller portions, and starts the guest anew between them where asked. For the kernel it is still one batch: the
 * later portions see what the earlier ones wrote.
 */
export function inPortions(rung: Rung, { most, renew = false }: Pick<Change, 'most' | 'renew'>): Rung {
  if (most === undefined) return rung;
  const start = async (options: InstanceOptions) => {
    const view = new FrameView(options.state);
    return new Portioned(await rung.start({ ...options, state: view }), view, most, renew);
  };
  return { name: rung.name, start };
}

class Portioned implements Instance {
  private readonly instance: Instance;
  private readonly view: FrameView;
  private readonly most: number;
  private readonly anew: boolean;
  private handled = false;

  constructor(instance: Instance, view: FrameView, most: number, anew: boolean) {
    this.instance = instance;
    this.view = view;
    this.most = most;
    this.anew = anew;
  }

  init(): Promise<Outcome> {
    return this.instance.init();
  }

  renew(): Promise<Outcome> {
    this.view.reset();
    return this.instance.renew();
  }

  stop(): Promise<void> {
    return this.instance.stop();
  }

  async handle(batch: readonly Delivery[]): Promise<readonly Outcome[]> {
    this.view.reset();
    const outcomes: Outcome[] = [];
    while (outcomes.length < batch.length) {
      if (this.anew && this.handled) await this.instance.renew();
      this.handled = true;
      const portion = await this.instance.handle(batch.slice(outcomes.length, outcomes.length + this.most));
      for (const outcome of portion) if (outcome.kind === 'ok') this.view.write(outcome.effects.writes);
      outcomes.push(...portion);
    }
    return outcomes;
  }
}
