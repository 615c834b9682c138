import type { Code } from '../../base/codes/all.ts';
import type { JsonValue } from '../../base/json.ts';
import { LIMITS } from '../../base/limits.ts';
import type { WireComponent, WireDelivery } from '../protocol.ts';
import type { Answer, Caller, Service } from './caller.ts';
import type { Exports } from './functions.ts';
import { hostImports } from './imports.ts';
import { canonicalText } from './json-text.ts';
import { breach, type Side } from './methods.ts';
import type { Entry } from './owned.ts';
import { checkPrice, priced } from './prices.ts';
import type { Program } from './program.ts';
import { guestText, isEngineLimit, trapMessage } from './traps.ts';
import type { Turn } from './turn.ts';
import { type FrameState, type Layer, readThrough, scanThrough } from './view.ts';

const AGAINST_SCHEMA: Code = 'VNES7008';

/** What all guests of a sandbox share. `frame` and `overlay` are replaced with each batch. */
export interface Shared {
  readonly seed: string;
  readonly programs: readonly Program[];
  frame: FrameState;
  overlay: Map<string, string | null>;
}

/** One instance of a component, made when it is first needed: the capsule itself or a service that answers its calls. */
export class Guest implements Caller, Service {
  readonly spec: WireComponent;
  private readonly shared: Shared;
  private readonly program: Program;
  /** Ids from the capsule down to this guest. */
  private readonly path: readonly string[];
  private exports: Exports | undefined;
  private readonly services = new Map<string, Guest>();
  private current: Turn | undefined;
  private randomCalls = 0;

  constructor(shared: Shared, index: number, path: readonly string[] = []) {
    this.shared = shared;
    this.program = shared.programs[index]!;
    this.spec = this.program.spec;
    this.path = [...path, this.spec.capsule];
  }

  handle(turn: Turn, delivery: WireDelivery): Answer {
    return this.run(turn, exports => {
      const returned = exports.handle({
        topic: delivery.topic,
        partition: delivery.partition,
        offset: BigInt(delivery.offset),
        time: BigInt(delivery.time),
        key: delivery.key ?? undefined,
        payload: delivery.payload,
      });
      return expectNothing(returned);
    });
  }

  /** A request or a response against the schema of the method is a fault of the delivery, whoever the caller is. */
  serve(turn: Turn, method: string, payload: string, caller: string): Answer {
    const { capsule } = this.spec;
    const call = `${caller} called ${method} of ${capsule}`;
    const asked = this.breach('request', method, payload);
    if (asked !== undefined) return refused(turn, `${call} with a request that ${asked}`);
    const answer = this.run(turn, exports => expectText(exports.serve(method, payload)));
    if (answer.kind !== 'ok') return answer;
    const canonical = canonicalText(answer.value);
    if (!('text' in canonical))
      return { kind: 'error', message: `${capsule} answered with unacceptable JSON: ${canonical.reason}` };
    const answered = this.breach('response', method, canonical.text);
    if (answered !== undefined)
      return refused(turn, `${call}, which answered with a response that ${answered}`);
    return { kind: 'ok', value: canonical.text };
  }

  /** Starts the component anew if it is not alive, `init` included. */
  start(turn: Turn): Answer {
    return this.run(turn, () => '');
  }

  get mayAct(): boolean {
    return this.path.length === 1 && this.turn.event !== undefined;
  }

  get actor(): string {
    if (this.path.length > 1) return `${this.spec.capsule}, which serves,`;
    return this.turn.event === undefined ? `${this.spec.capsule}, in init,` : this.spec.capsule;
  }

  get turn(): Turn {
    if (!this.current) throw new Error('a guest called its host outside of a turn');
    return this.current;
  }

  read(key: string): string | undefined {
    return readThrough(this.shared.frame, this.layers(), key);
  }

  readAll(prefix: string): Entry[] {
    return scanThrough(this.shared.frame, this.layers(), prefix);
  }

  service(capability: string): Guest | 'undeclared' | 'too deep' {
    if (!Object.hasOwn(this.spec.services, capability)) return 'undeclared';
    if (this.path.length >= LIMITS.callDepth) return 'too deep';
    const known =
      this.services.get(capability) ?? new Guest(this.shared, this.spec.services[capability]!, this.path);
    this.services.set(capability, known);
    return known;
  }

  nextRandomIdentity(): JsonValue {
    this.randomCalls += 1;
    return [
      'vnes random 1',
      this.shared.seed,
      this.path,
      this.turn.event ?? null,
      this.turn.subscriber,
      this.randomCalls,
    ];
  }

  /** A service's log lines carry its name, for they appear among the caller's. */
  signed(message: string): string {
    return this.path.length > 1 ? `${this.spec.capsule}: ${message}` : message;
  }

  /** How a document breaks what the manifest says of a method. What it does not say costs nothing. */
  private breach(side: Side, method: string, document: string): string | undefined {
    const held = this.program.contract[side].get(method);
    if (!held) return undefined;
    this.program.pool.spend(checkPrice(document));
    return breach(held, document);
  }

  /** A service sees the frame's start; the capsule sees its own writes too. */
  private layers(): Layer[] {
    return this.path.length > 1 ? [] : [this.shared.overlay, this.turn.writes];
  }

  private run(turn: Turn, code: (exports: Exports) => string): Answer {
    const { pool } = this.program;
    if (this.current !== turn) this.randomCalls = 0;
    this.current = turn;
    if (this.path.length === 1) pool.refill();
    const { room } = pool;
    try {
      const value = code(this.exports ?? this.instantiate());
      return pool.spent === undefined ? { kind: 'ok', value } : this.trapped(turn, pool.spent);
    } catch (error) {
      return this.failed(turn, error);
    } finally {
      pool.room = room;
    }
  }

  private instantiate(): Exports {
    const exports = this.program.instantiate(
      priced(hostImports(this), units => this.program.pool.spend(units)),
      this.path.join(' '),
    );
    expectNothing(exports.init(this.spec.config));
    this.exports = exports;
    return exports;
  }

  /** jco throws an Error with a `payload` for the `err` of a WIT result. Anything else ended the instance. */
  private failed(turn: Turn, error: unknown): Answer {
    if (isEngineLimit(error)) throw error;
    const { spent } = this.program.pool;
    if (spent === undefined && error instanceof Error && Object.hasOwn(error, 'payload')) {
      return { kind: 'error', message: guestText((error as unknown as { payload: unknown }).payload) };
    }
    return this.trapped(turn, spent ?? trapMessage(error));
  }

  /** The instance is thrown away, and with it those that served it. */
  private trapped(turn: Turn, message: string): Answer {
    this.exports = undefined;
    this.services.clear();
    const hint = turn.lastError;
    return { kind: 'trap', message: hint ? `${message}: ${hint}` : message };
  }
}

/** A call against the schema of its method, which undoes the delivery. */
function refused(turn: Turn, reason: string): Answer {
  return { kind: 'error', message: turn.refuse(guestText(`${AGAINST_SCHEMA}: ${reason}`)) };
}

/** A component may have declared functions of other types, asynchronous ones among them. */
function expectNothing(returned: unknown): '' {
  if (returned !== undefined) throw new TypeError('nothing was to be returned');
  return '';
}

function expectText(returned: unknown): string {
  if (typeof returned !== 'string') throw new TypeError('a text was to be returned');
  return returned;
}
