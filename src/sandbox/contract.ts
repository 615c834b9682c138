import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import type { SchemaProgram } from '../base/schema-program.ts';
import type { Delivery, Outcome } from '../capsule/event.ts';

/** Code of a capsule. The bytes are the ones that were verified. */
export type Code = WasmCode | PythonCode | NativeCode;

export interface WasmCode {
  readonly language: 'wasm';
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** A program of this machine, linked statically. */
export interface NativeCode extends Granted {
  readonly language: 'native';
  readonly bytes: Uint8Array;
}

/** What code in a process of its own may be given besides its own. */
export interface Granted {
  /** Files of the machine as they were when the run began, by their absolute paths there. */
  readonly granted?: ReadonlyMap<string, Uint8Array>;
  /** Size of a folder `/scratch` that each instance may write to, empty at its start; none without it. */
  readonly scratchBytes?: number;
}

export interface PythonCode extends Granted {
  readonly language: 'python';
  /** Where `interfaces.python` of the manifest points to. */
  readonly entry: PythonEntry;
  /** Without it, the one that vnes brings. */
  readonly interpreter?: 'system';
  /** By path below the capsule's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** `impl.src.main:run` in parts. */
export interface PythonEntry {
  readonly module: string;
  readonly callable: string;
}

/** A verified component, ready to be instantiated. */
export interface ComponentSpec {
  /** Id of the capsule. */
  readonly capsule: string;
  readonly version: string;
  readonly code: Code;
  /** Canonical JSON for `init`. */
  readonly config: string;
  readonly access: StateAccess;
  /** Topics it may publish on. */
  readonly publishes: readonly string[];
  /** What it may `call`: capability name to the component that answers. Each caller has service instances of its own. */
  readonly services: Readonly<Record<string, ComponentSpec>>;
  /** What the methods that it answers take and give, by their names; what is not told is not checked. */
  readonly methods?: Readonly<Record<string, MethodSchemas>>;
}

/** What the request and the response of a method are held to. */
export interface MethodSchemas {
  readonly request?: MethodSchema;
  readonly response?: MethodSchema;
}

export interface MethodSchema {
  /** Where it lies in the capsule. */
  readonly path: string;
  readonly program: SchemaProgram;
}

/** Key prefixes that a capsule may write and read; what it owns it may read too. */
export interface StateAccess {
  readonly owns: readonly string[];
  readonly reads: readonly string[];
}

export interface InstanceLimits {
  /** Wall-clock milliseconds that may pass until the next outcomes of a batch; a backstop, never replayable. */
  readonly timeoutMs: number;
  /** Linear memory. */
  readonly memoryBytes: number;
  /** What one delivery, or `init`, may execute, with all components that it calls. */
  readonly fuel: number;
}

/**
 * State as of the frame's start. Answers are the same for the whole frame. What a capsule owns changes only by the effects of
 * its own `ok` outcomes: a host that does not take them calls `renew`.
 */
export interface StateReader {
  get(key: string): JsonValue | undefined;
  /** Entries whose key starts with `prefix`, in code-unit order of their keys. */
  scan(prefix: string): readonly (readonly [key: string, value: JsonValue])[];
}

export interface InstanceOptions {
  readonly component: ComponentSpec;
  /** The run's seed, as text; `random` is a function of it, the capsule, the delivery and the call's number. */
  readonly seed: string;
  readonly limits: InstanceLimits;
  readonly state: StateReader;
  /** Told what each delivery took of its fuel. A measurement, as the sandbox tells it: nothing is decided by it. */
  readonly onFuel?: (fuel: number) => void;
}

/** What a dead sandbox did to its capsule, for a reason that nobody can replay. */
export interface Mishap {
  /**
   * `revived`: right before the event, the capsule began anew in another sandbox. `abandoned`: whoever handles the event dies, so it ended
   * in a trap.
   */
  readonly kind: 'revived' | 'abandoned';
  /** `seq` of the event. */
  readonly event: number;
  /** How the sandbox ended. */
  readonly reason: string;
}

/**
 * A capsule in its sandbox. Calls are made one at a time, in this order: `init` once, `handle` any number of times, `stop`
 * once at any moment.
 *
 * After a trap the sandbox itself throws the guest away, instantiates and initialises it anew and goes on with the next delivery
 * of the batch. The kernel does the same by `renew` when it finds a fault that the sandbox cannot see.
 */
export interface Instance {
  /** Runs the guest's `init`. It may read state; it has no effects. */
  init(): Promise<Outcome>;
  /**
   * One outcome a delivery, in order; those of the first deliveries alone where it wants to be handed the rest by another call.
   * @param foreseen the outcomes as they will be, if all is well: one that is just so is given back as it is
   * @throws Failure VNES5xxx when the sandbox died or ran out of time: not replayable.
   */
  handle(batch: readonly Delivery[], foreseen?: readonly Outcome[]): Promise<readonly Outcome[]>;
  /** Throws the guest away and starts it anew, `init` included. */
  renew(): Promise<Outcome>;
  /** What befell it since it was last asked, in order; one that never outlives its sandbox has nothing to tell. */
  befell?(): readonly Mishap[];
  /** Ends the sandbox; idempotent. */
  stop(): Promise<void>;
}

/** A way to isolate: one rung of the ladder from language level to VM; `recording` runs nothing. */
export interface Rung {
  readonly name: 'worker' | 'guarded' | 'process' | 'vm' | 'recording';
  /** Whether it is weaker than what the zone asks for, which the user has allowed. */
  readonly weaker?: boolean;
  start(options: InstanceOptions): Promise<Instance>;
}
