import type { LogLevel, Outcome } from '../capsule/event.ts';
import type { MethodSchemas } from './contract.ts';
import type { Unpinned } from './unpinned.ts';
import type { Linking } from './wasm/link/linking.ts';

/**
 * Messages between a sandbox and its host. Payloads, values and configurations travel as canonical JSON texts, so that each
 * side parses what it gets by itself. The guest's side is not trusted: the host checks every message (vet.ts).
 */
export type HostMessage =
  | StartMessage
  | HandleMessage
  | { readonly type: 'init' | 'renew' }
  | AnswerMessage
  | NativeReply;
export type GuestMessage = ReadyMessage | OutcomesMessage | AskMessage | NativeRequest | BrokenMessage;

export interface StartMessage {
  readonly type: 'start';
  readonly seed: string;
  /** Fuel of each delivery. */
  readonly fuel: number;
  /** The capsule itself is the first. */
  readonly components: readonly WireComponent[];
  /** Core modules and files; `WireComponent.code` points into it. */
  readonly blobs: readonly Uint8Array[];
  /** Only an audit says this; a run never does. */
  readonly unpinned?: Unpinned;
}

export interface WireComponent {
  readonly capsule: string;
  readonly config: string;
  readonly owns: readonly string[];
  readonly reads: readonly string[];
  readonly publishes: readonly string[];
  /** Capability to index in `components`. */
  readonly services: Readonly<Record<string, number>>;
  readonly methods?: Readonly<Record<string, MethodSchemas>>;
  readonly code: WireLinked | WireWasm | WirePython | WireNative;
}

/** A component whose linking is known. */
export interface WireLinked {
  readonly language: 'linked';
  readonly linking: Linking;
  /** Index in `blobs` of every core module. */
  readonly modules: readonly number[];
}

/** A component with jco's glue. */
export interface WireWasm {
  readonly language: 'wasm';
  readonly source: string;
  /** Name of a core module to index in `blobs`. */
  readonly cores: Readonly<Record<string, number>>;
}

/** A program that the host runs in a process of its own; the sandbox speaks with it through the host. */
export interface WireNative {
  readonly language: 'native';
}

/** Python sources and the interpreter that runs them; numbers are indices in `blobs`. */
export interface WirePython {
  readonly language: 'python';
  /** Dotted name of a module, and a function in it. */
  readonly module: string;
  readonly callable: string;
  /** `inspect` looks at the sources and runs none of them. */
  readonly mode: 'run' | 'inspect';
  /** The capsule's files by path below its folder. */
  readonly files: Readonly<Record<string, number>>;
  /** The interpreter's module, what was in its memory when it had started, and the files that it has besides. */
  readonly core: number;
  readonly image: number;
  readonly library: Readonly<Record<string, number>>;
  /** The most pages of 64 KiB that it may use. */
  readonly mostPages: number;
}

export interface HandleMessage {
  readonly type: 'handle';
  readonly deliveries: readonly WireDelivery[];
}

export interface WireDelivery {
  readonly subscriber: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
  readonly key: string | null;
  readonly payload: string;
}

/** What the guest found out about its own confinement: what it tried, and whether it was denied. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly denied: readonly string[];
}

/** Outcomes of a batch, in order, in one or more messages. `init` and `renew` have one outcome. */
export interface OutcomesMessage {
  readonly type: 'outcomes';
  readonly outcomes: readonly WireOutcome[];
  /** What each delivery took of its fuel; absent for `init` and `renew`. */
  readonly fuel?: readonly number[];
}

export type WireOutcome =
  | {
      readonly kind: 'ok';
      readonly published: readonly (readonly [topic: string, key: string | null, payload: string])[];
      readonly writes: readonly (readonly [key: string, value: string | null])[];
      readonly logs: readonly (readonly [level: LogLevel, message: string])[];
    }
  | { readonly kind: Exclude<Outcome['kind'], 'ok'>; readonly message: string };

/** A read of the state, which the guest waits for. */
export interface AskMessage {
  readonly type: 'get' | 'scan';
  /** The key or the prefix. */
  readonly key: string;
}

export interface AnswerMessage {
  readonly type: 'answer';
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/** A message to or from a native program: what it is, and its parts. */
export interface NativeMessage {
  readonly kind: number;
  readonly parts: readonly NativePart[];
}

/** A text, bytes, or nothing. Only the host's side sends bytes. */
export type NativePart = string | null | { readonly base64: string };

/** Something for a native program, which the guest waits for the answer to. */
export interface NativeRequest {
  readonly type: 'native';
  /** Which instance: ids of capsules from the sandbox's own down to the program's. */
  readonly place: string;
  /** Index of its component. */
  readonly component: number;
  /** Whether it is for a new process; one that is there already is ended. */
  readonly fresh: boolean;
  readonly message: NativeMessage;
}

/** What the program said; or how it ended. */
export type NativeReply =
  | { readonly type: 'native'; readonly messages: readonly NativeMessage[] }
  | { readonly type: 'native'; readonly ended: string };

/** The guest's code cannot be loaded. */
export interface BrokenMessage {
  readonly type: 'broken';
  readonly reason: string;
}
