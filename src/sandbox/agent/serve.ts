import { LIMITS } from '../../base/limits.ts';
import type { GuestMessage, HostMessage, StartMessage, WireDelivery, WireOutcome } from '../protocol.ts';
import type { Answer } from './caller.ts';
import { Guest, type Shared } from './guest.ts';
import type { Exchange } from './native/program.ts';
import type { Ask } from './owned.ts';
import { OwnedState } from './owned.ts';
import { loadPrograms } from './program.ts';
import { withRoom } from './room.ts';
import { jsonSize, Turn } from './turn.ts';
import { FrameState } from './view.ts';

/** The guest's end of the connection: `post` sends, `ask` sends and waits for the answer. */
export interface Port {
  post(message: GuestMessage): void;
  readonly ask: Ask;
  /** The same for native programs. */
  readonly exchange: Exchange;
}

/** A message holds this much or one outcome. Payloads are quoted once more in it, which at most doubles them. */
const FLUSH_BYTES = LIMITS.effectBytes;
/** So many outcomes go at once: the host checks them while the guest goes on. */
const FLUSH_OUTCOMES = 128;

/** Runs one capsule for its host: one message at a time, in order. */
export class Agent {
  private readonly port: Port;
  private readonly denied: readonly string[];
  private shared: Shared | undefined;
  private guest: Guest | undefined;
  private owned: OwnedState | undefined;

  constructor(port: Port, denied: readonly string[]) {
    this.port = { ...port, ask: withRoom(port.ask), exchange: withRoom(port.exchange) };
    this.denied = denied;
  }

  async receive(message: HostMessage): Promise<void> {
    if (message.type === 'start') return this.load(message);
    if (message.type === 'handle') return this.handle(message.deliveries);
    if (message.type === 'init' || message.type === 'renew')
      this.port.post({ type: 'outcomes', outcomes: [this.init()] });
  }

  private async load(start: StartMessage): Promise<void> {
    try {
      const programs = await loadPrograms(start, this.port.exchange);
      this.shared = {
        seed: start.seed,
        programs,
        frame: new FrameState(this.port.ask, undefined),
        overlay: new Map(),
      };
      this.port.post({ type: 'ready', denied: this.denied });
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.port.post({ type: 'broken', reason: (reason.split('\n')[0] ?? '').slice(0, 300) });
    }
  }

  /** Begins from what the host holds: after a `renew` it may have taken less than this guest believes. */
  private init(): WireOutcome {
    this.owned = undefined;
    const shared = this.newBatch();
    this.guest = new Guest(shared, 0);
    const turn = Turn.ofInit(this.guest.spec.capsule);
    const outcome = this.conclude(turn, this.guest.start(turn));
    if (outcome.kind !== 'ok') this.guest = undefined;
    return outcome;
  }

  private handle(deliveries: readonly WireDelivery[]): void {
    const shared = this.newBatch();
    let pending: WireOutcome[] = [];
    let fuel: number[] = [];
    let bytes = 0;
    for (const delivery of deliveries) {
      const turn = Turn.of(delivery);
      const outcome = this.deliver(shared, turn, delivery);
      const size = outcome.kind === 'ok' ? turn.size : jsonSize(outcome.message);
      if (pending.length === FLUSH_OUTCOMES || (pending.length > 0 && bytes + size > FLUSH_BYTES)) {
        this.port.post({ type: 'outcomes', outcomes: pending, fuel });
        pending = [];
        fuel = [];
        bytes = 0;
      }
      pending.push(outcome);
      fuel.push(shared.programs[0]!.pool.used);
      // What ran until its fuel was spent took long, and the host counts the time from one message to the next.
      bytes += outcome.kind === 'trap' ? FLUSH_BYTES : size;
    }
    if (pending.length > 0) this.port.post({ type: 'outcomes', outcomes: pending, fuel });
  }

  /** After a trap or a fault the next delivery meets a new guest, which is initialised first. */
  private deliver(shared: Shared, turn: Turn, delivery: WireDelivery): WireOutcome {
    if (!this.guest) {
      const again = this.restart(shared, delivery);
      if (again.kind !== 'ok') return again;
    }
    const outcome = this.conclude(turn, this.guest!.handle(turn, delivery));
    if (outcome.kind === 'ok') for (const [key, value] of outcome.writes) shared.overlay.set(key, value);
    return outcome;
  }

  private restart(shared: Shared, delivery: WireDelivery): WireOutcome {
    const guest = new Guest(shared, 0);
    const turn = Turn.ofInit(delivery.subscriber);
    this.guest = guest;
    const outcome = this.conclude(turn, guest.start(turn));
    if (outcome.kind === 'ok') return outcome;
    this.guest = undefined;
    return { kind: 'trap', message: `init failed after a restart: ${outcome.message}` };
  }

  private conclude(turn: Turn, answer: Answer): WireOutcome {
    const outcome: WireOutcome =
      answer.kind === 'ok' || (turn.fault !== undefined && answer.kind === 'error') ? turn.finish() : answer;
    if (outcome.kind === 'trap' || outcome.kind === 'fault') this.guest = undefined;
    return outcome;
  }

  private newBatch(): Shared {
    if (!this.shared) throw new Error('nothing is loaded');
    if (this.owned) this.owned.apply(this.shared.overlay);
    else this.owned = new OwnedState(this.shared.programs[0]!.spec.owns, this.port.ask);
    this.shared.frame = new FrameState(this.port.ask, this.owned);
    this.shared.overlay = new Map();
    return this.shared;
  }
}
