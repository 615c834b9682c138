import { canonicalJson } from '../base/canonical.ts';
import { Failure } from '../base/diagnostic.ts';
import type { Delivery, Outcome } from '../capsule/event.ts';
import { payloadText } from '../capsule/placed.ts';
import type { Channel, OpenChannel } from './channel.ts';
import type { Instance, InstanceOptions } from './contract.ts';
import { died, ended, notConfined, timedOut, unloadable } from './failures.ts';
import type { AnswerMessage, HandleMessage, StartMessage, WireDelivery } from './protocol.ts';
import { broken, mayRead, record, string, vetFuel, vetOutcome } from './vet.ts';

interface Pending {
  readonly expected: number;
  readonly outcomes: Outcome[];
  readonly foreseen: readonly Outcome[] | undefined;
  readonly timer: NodeJS.Timeout;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** To start a thread or a process and to compile the code; this is not the capsule's time, and a loaded machine is slow. */
const START_MS = 60_000;

/** The attempts at escape (agent/canary.ts) that a rung must see denied before any code of a capsule runs. */
export type RequiredDenials = readonly string[];

/** One sandbox as the kernel sees it, over any channel. The first failure ends it, and every later call repeats that failure. */
export class Session implements Instance {
  private readonly options: InstanceOptions;
  private readonly capsule: string;
  private readonly denials: RequiredDenials;
  private readonly timeoutMs: number;
  private readonly channel: Channel;
  private pending: Pending | undefined;
  private ended: Failure | undefined;

  private constructor(
    open: OpenChannel,
    options: InstanceOptions,
    denials: RequiredDenials,
    patience: number,
  ) {
    this.options = options;
    this.timeoutMs = options.limits.timeoutMs * patience;
    this.capsule = options.component.capsule;
    this.denials = denials;
    this.channel = open(
      {
        onMessage: message => this.receive(message),
        onClose: ending => this.end(ended(this.capsule, ending)),
      },
      { memoryBytes: options.limits.memoryBytes },
    );
  }

  /** Opens the sandbox, proves its confinement and loads the code. @throws Failure VNES5004, VNES5006, VNES5007, VNES5010 */
  static async start(
    open: OpenChannel,
    options: InstanceOptions,
    denials: RequiredDenials,
    start: StartMessage,
    patience = 1,
  ): Promise<Session> {
    const session = new Session(open, options, denials, patience);
    await session.request(start, 0, { timeoutMs: Math.max(START_MS * patience, session.timeoutMs) });
    return session;
  }

  async init(): Promise<Outcome> {
    return (await this.request({ type: 'init' }, 1))[0]!;
  }

  async renew(): Promise<Outcome> {
    return (await this.request({ type: 'renew' }, 1))[0]!;
  }

  async handle(batch: readonly Delivery[], foreseen?: readonly Outcome[]): Promise<readonly Outcome[]> {
    if (batch.length === 0) return [];
    const message: HandleMessage = { type: 'handle', deliveries: batch.map(toWire) };
    return this.request(message, batch.length, { foreseen });
  }

  async stop(): Promise<void> {
    this.end(died(this.capsule, 'it was stopped'));
    await this.channel.close();
  }

  private request(
    message: Parameters<Channel['send']>[0],
    expected: number,
    {
      timeoutMs = this.timeoutMs,
      foreseen,
    }: { timeoutMs?: number; foreseen?: readonly Outcome[] | undefined } = {},
  ): Promise<Outcome[]> {
    if (this.ended) return Promise.reject(this.ended);
    if (this.pending) return Promise.reject(new Error('a sandbox takes one call at a time'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(timedOut(this.capsule, timeoutMs)), timeoutMs);
      this.pending = { expected, outcomes: [], foreseen, timer, resolve, reject };
      this.channel.send(message);
    });
  }

  private receive(raw: unknown): void {
    if (this.ended) return;
    try {
      this.dispatch(record(raw, 'a message'));
    } catch (error) {
      this.end(error instanceof Failure ? error : died(this.capsule, 'its host failed'), error);
    }
  }

  private dispatch(message: Record<string, unknown>): void {
    const type = string(message.type, 'the type of a message');
    const pending = this.pending ?? broken('a message that nobody asked for');
    if (type === 'get' || type === 'scan')
      this.channel.answer(this.answer(type, string(message.key, 'a key')));
    else if (type === 'outcomes') this.collect(pending, message.outcomes, message.fuel);
    else if (type === 'ready' && pending.expected === 0) this.ready(message.denied);
    else if (type === 'broken') this.end(unloadable(this.capsule, string(message.reason, 'a reason')));
    else broken('a message of an unknown type');
  }

  private answer(type: 'get' | 'scan', key: string): AnswerMessage {
    if (!mayRead(this.options.component, key)) broken(`a read of another's key: ${key.slice(0, 80)}`);
    const { state } = this.options;
    if (type === 'scan')
      return {
        type: 'answer',
        entries: state.scan(key).map(([name, value]) => [name, canonicalJson(value)]),
      };
    const value = state.get(key);
    return { type: 'answer', entries: value === undefined ? [] : [[key, canonicalJson(value)]] };
  }

  private collect(pending: Pending, raw: unknown, fuel: unknown): void {
    if (!Array.isArray(raw) || pending.outcomes.length + raw.length > pending.expected)
      broken('more outcomes than deliveries');
    const { outcomes, foreseen } = pending;
    for (const outcome of raw)
      outcomes.push(vetOutcome(this.options.component, outcome, foreseen?.[outcomes.length]));
    for (const units of vetFuel(fuel, raw.length)) this.options.onFuel?.(units);
    if (pending.outcomes.length === pending.expected) this.settle(pending);
    else pending.timer.refresh();
  }

  private ready(denied: unknown): void {
    const names = Array.isArray(denied) ? denied : [];
    const missing = this.denials.filter(name => !names.includes(name));
    if (missing.length > 0) this.end(notConfined(missing));
    else if (this.pending) this.settle(this.pending);
  }

  private settle(pending: Pending): void {
    clearTimeout(pending.timer);
    this.pending = undefined;
    pending.resolve(pending.outcomes);
  }

  /** `cause` is what the caller of the pending call sees, when it is not the failure itself: a fault of the host's own. */
  private end(failure: Failure, cause: unknown = failure): void {
    if (this.ended) return;
    this.ended = failure;
    void this.channel?.close();
    const pending = this.pending;
    if (!pending) return;
    clearTimeout(pending.timer);
    this.pending = undefined;
    pending.reject(cause);
  }
}

function toWire({ event, subscriber }: Delivery): WireDelivery {
  const { topic, partition, offset, time, key } = event;
  return { subscriber, topic, partition, offset, time, key, payload: payloadText(event) };
}
