import { LIMITS } from '../../base/limits.ts';
import type { LogLevel } from '../../capsule/event.ts';
import type { WireDelivery, WireOutcome } from '../protocol.ts';

/** Room for what stands around the texts of an effect in a message. */
const EFFECT_BYTES = 32;

/** Size of a text as JSON, in bytes. */
export function jsonSize(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** One delivery (or `init`) while it is handled: who it is for, and what it has asked for so far. */
export class Turn {
  /** The event's place on the bus, which names it for good; absent during `init`, which belongs to no event. */
  readonly event: readonly [topic: string, partition: number, offset: number] | undefined;
  readonly subscriber: string;
  readonly time: number;
  /** Writes in the order of their last write; null deletes. */
  readonly writes = new Map<string, string | null>();
  readonly published: [topic: string, key: string | null, payload: string][] = [];
  readonly logs: [level: LogLevel, message: string][] = [];
  /** The first breach of the contract; it undoes the delivery. */
  fault: string | undefined;
  private effects = 0;
  private bytes = 0;

  private constructor(event: Turn['event'], subscriber: string, time: number) {
    this.event = event;
    this.subscriber = subscriber;
    this.time = time;
  }

  static of({ topic, partition, offset, subscriber, time }: WireDelivery): Turn {
    return new Turn([topic, partition, offset], subscriber, time);
  }

  static ofInit(subscriber: string): Turn {
    return new Turn(undefined, subscriber, 0);
  }

  /** Marks the delivery as a fault and hands back the reason, for the guest. */
  refuse(reason: string): string {
    this.fault ??= reason;
    return reason;
  }

  publish(topic: string, key: string | null, payload: string): void {
    if (this.count(payload, topic, key ?? '')) this.published.push([topic, key, payload]);
  }

  write(key: string, value: string | null): void {
    if (!this.count(value ?? '', key)) return;
    this.writes.delete(key);
    this.writes.set(key, value);
  }

  log(level: LogLevel, message: string): void {
    if (this.count('', message)) this.logs.push([level, message]);
  }

  /** The outcome of a turn whose code returned. */
  finish(): WireOutcome {
    if (this.fault !== undefined) return { kind: 'fault', message: this.fault };
    return { kind: 'ok', published: this.published, writes: [...this.writes], logs: this.logs };
  }

  /** Size of what this turn carries, in bytes. */
  get size(): number {
    return this.bytes;
  }

  /** The last error that the guest logged: the best hint at why it trapped. */
  get lastError(): string | undefined {
    return this.logs.findLast(([level]) => level === 'error')?.[1];
  }

  /** Counts one effect: a JSON text, and plain texts, which take up to six times their size on their way to the host. */
  private count(json: string, ...texts: string[]): boolean {
    this.effects += 1;
    this.bytes += EFFECT_BYTES + Buffer.byteLength(json);
    for (const text of texts) this.bytes += jsonSize(text);
    if (this.effects > LIMITS.effects) this.refuse(`more than ${LIMITS.effects} effects in one delivery`);
    if (this.bytes > LIMITS.effectBytes)
      this.refuse(`more than ${LIMITS.effectBytes} bytes of effects in one delivery`);
    return this.fault === undefined;
  }
}
