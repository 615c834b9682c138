import type { NanSign } from './meter/emit.ts';

/**
 * What a sandbox pins, let go: an audit runs a capsule with other values of these and sees whether its effects change. All of it is
 * absent in a run, and only `audit-rung.ts` sends it.
 */
export interface Unpinned {
  /** Room for open calls, in bytes, in place of `LIMITS.stackBytes`. */
  readonly stackBytes?: number;
  /** Sizes of blocks that are taken from a component's memory before it starts, so that all others lie elsewhere. */
  readonly pads?: readonly number[];
  /** Says in lines of the log where a component asked for each effect (agent/trace.ts). */
  readonly trace?: boolean;
  readonly python?: UnpinnedPython;
}

/** What an interpreter finds around itself. */
export interface UnpinnedPython {
  /** Python code that runs before the capsule's module is imported. */
  readonly prelude?: string;
  /** The C library's clocks, which otherwise show the delivery's time. */
  readonly clock?: { readonly offsetMs: number; readonly stepMs: number };
  /** Local time, which otherwise is universal. */
  readonly zone?: { readonly name: string; readonly seconds: number };
  /** Whether the C library's randomness is other than the run's. */
  readonly entropy?: boolean;
}

/** What a program beside the sandbox finds around itself: a native one, or the system's Python. */
export interface UnpinnedNative {
  /** Whether its addresses are other ones each time. */
  readonly anywhere?: boolean;
  /** Whether the processor of its machine, where it has one, counts at another pace. */
  readonly counter?: boolean;
  /** Variables of its environment, by name, in place of those that it has or besides them. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Code that is prepared otherwise than for a run. */
export interface Variant {
  /** The NaN that stands for all that are computed; the positive one in a run. */
  readonly nans?: NanSign;
  /** The seed of the interpreter's hashes, one of those with a pinned image (python/pins.ts); 0 in a run. */
  readonly hashSeed?: HashSeed;
}

/** What a line of the log begins with that says where an effect was asked for: `[kind, key, place]` as JSON follows. */
export const TRACE_MARK = '\u0001audit ';

export type HashSeed = 0 | 1 | 2;

/** How an audit starts the process otherwise than a run does. */
export interface Startup {
  /** Of the engine. */
  readonly flags?: readonly string[];
  /** Of a process that no sentry starts: a confined one has none in any case. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What is otherwise than in a run. */
export interface Otherwise {
  /** Isolates by a process where a thread would do: by the strongest kind that there is. */
  readonly process?: boolean;
  /** Starts a process otherwise; implies one. */
  readonly startup?: Startup;
  readonly unpinned?: Unpinned;
  readonly variant?: Variant;
  readonly native?: UnpinnedNative;
  /** Memory in times of what the capsule is allowed. */
  readonly memory?: number;
}
