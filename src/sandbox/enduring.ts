import type { Code } from '../base/codes/all.ts';
import { Failure } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import type { Delivery, Outcome } from '../capsule/event.ts';
import type { Instance, InstanceOptions, Mishap, Rung } from './contract.ts';

/**
 * After so many deaths over the same delivery, handed over alone, the delivery is abandoned; after so many over a start, the run. The first
 * may have been an accident of the machine's; who takes too long once will do so again.
 */
const MOST_DEATHS: Partial<Readonly<Record<Code, number>>> = { VNES5006: 2, VNES5007: 1 };

/**
 * The same rung, with instances that outlive their sandboxes: when one dies, the capsule begins anew in another, and what had no outcome
 * is handed over again, one delivery at a time, so that the one that kills is found. Nothing of it was true yet, so everything is still
 * handled once. What befell them is told, for it must be recorded: nobody can replay it.
 * @param may whether what happens now is recorded
 */
export function enduring(rung: Rung, may: () => boolean = () => true): Rung {
  const start = async (options: InstanceOptions) => {
    const instance = new Enduring(() => rung.start(options), may);
    await instance.start();
    return instance;
  };
  return { ...rung, start };
}

class Enduring implements Instance {
  private readonly another: () => Promise<Instance>;
  private readonly may: () => boolean;
  /** Undefined from a death on until the capsule is needed again: then it sees the state of that moment. */
  private live: Instance | undefined;
  /** How the last sandbox ended, once one did, until that is told. */
  private death: string | undefined;
  /** So many deliveries more are handed over alone. */
  private careful = 0;
  private stopped = false;
  private mishaps: Mishap[] = [];

  constructor(another: () => Promise<Instance>, may: () => boolean) {
    this.another = another;
    this.may = may;
  }

  async start(): Promise<void> {
    this.live = await this.insist(this.another);
  }

  init(): Promise<Outcome> {
    return this.insist(() => this.live?.init() ?? this.begin());
  }

  /** Another sandbox is as new as a renewed one, so there is nothing to tell. */
  renew(): Promise<Outcome> {
    return this.insist(() => this.live?.renew() ?? this.begin());
  }

  async handle(batch: readonly Delivery[], foreseen?: readonly Outcome[]): Promise<readonly Outcome[]> {
    if (batch.length === 0) return [];
    const [first] = batch as readonly [Delivery];
    for (let deaths = 0; ; ) {
      const handed = this.careful > 0 ? batch.slice(0, 1) : batch;
      try {
        if (!this.live) await this.begin();
        const outcomes = await this.live!.handle(handed, foreseen);
        this.careful = Math.max(0, this.careful - outcomes.length);
        this.revived(first);
        return outcomes;
      } catch (error) {
        const code = await this.bury(error);
        if (handed.length === 1) deaths += 1;
        this.careful = Math.max(this.careful, batch.length);
        if (deaths >= MOST_DEATHS[code]!) return [this.abandon(first)];
      }
    }
  }

  befell(): readonly Mishap[] {
    const told = this.mishaps;
    this.mishaps = [];
    return told;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.live?.stop();
  }

  /** An `init` that does not end well is made again, and told, with the next delivery, as after a trap. */
  private async begin(): Promise<Outcome> {
    const live = await this.another();
    this.live = live;
    if (this.stopped) await live.stop();
    return live.init();
  }

  /** Tries again where a sandbox dies over what makes it new. */
  private async insist<T>(work: () => Promise<T>): Promise<T> {
    for (let deaths = 0; ; ) {
      try {
        const made = await work();
        this.death = undefined;
        return made;
      } catch (error) {
        const code = await this.bury(error);
        deaths += 1;
        if (deaths >= MOST_DEATHS[code]!) throw error;
      }
    }
  }

  /** The code of a death. @throws whatever else it was */
  private async bury(error: unknown): Promise<Code> {
    if (this.stopped || !this.may() || !(error instanceof Failure)) throw error;
    const { code, found, message } = error.diagnostics[0];
    if (MOST_DEATHS[code] === undefined) throw error;
    this.death = (found ?? message).toWellFormed().slice(0, LIMITS.messageLength);
    const { live } = this;
    this.live = undefined;
    await live?.stop();
    return code;
  }

  private abandon(delivery: Delivery): Outcome {
    const reason = this.death ?? '';
    this.careful = Math.max(0, this.careful - 1);
    this.mishaps.push({ kind: 'abandoned', event: delivery.event.seq, reason });
    return { kind: 'trap', message: `its sandbox died: ${reason}` };
  }

  private revived({ event }: Delivery): void {
    if (this.death !== undefined)
      this.mishaps.push({ kind: 'revived', event: event.seq, reason: this.death });
    this.death = undefined;
  }
}
