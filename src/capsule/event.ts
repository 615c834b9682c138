import type { JsonValue } from '../base/json.ts';

/** An event on the bus. `seq` numbers all events of a recording from 0, in the order in which they became true. */
export interface BusEvent {
  readonly seq: number;
  readonly topic: string;
  readonly partition: number;
  /** Position in the topic's partition, from 0. */
  readonly offset: number;
  /** Virtual time in milliseconds since the Unix epoch. */
  readonly time: number;
  readonly key: string | null;
  readonly payload: JsonValue;
  /** The capsule that published it; `ingress` and `kernel` are reserved. */
  readonly source: string;
  /** `seq` of the event whose delivery published it; null for ingress. */
  readonly cause: number | null;
  /** What its sender calls it, if it came from outside with a name. */
  readonly id?: string;
}

/** One event on its way to one subscriber. */
export interface Delivery {
  readonly event: BusEvent;
  /** Id of the capsule that it goes to. */
  readonly subscriber: string;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What one delivery asks the kernel to do. Nothing of it is true before the frame commits. */
export interface Effects {
  readonly published: readonly {
    readonly topic: string;
    readonly key: string | null;
    readonly payload: JsonValue;
  }[];
  /** Last write of each key wins; null deletes. In the order of the guest's calls. */
  readonly writes: readonly { readonly key: string; readonly value: JsonValue | null }[];
  readonly logs: readonly { readonly level: LogLevel; readonly message: string }[];
}

/**
 * How a delivery ended. `error` is the capsule's own answer, `trap` the end of its instance, `fault` a breach of its
 * contract (a topic that it did not declare, another's key, a payload against its schema). Only `ok` has effects.
 */
export type Outcome =
  | { readonly kind: 'ok'; readonly effects: Effects }
  | { readonly kind: 'error' | 'trap' | 'fault'; readonly message: string };
