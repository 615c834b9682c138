/**
 * The world, as the code below the CLI may ask for it. Nothing else reads the time, randomness or the environment: a test
 * of the sources holds every other file to that.
 */
export interface Ports {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly env: Environment;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic milliseconds, for durations only. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<void>;
}

export interface Entropy {
  /** `length` unpredictable bytes, for keys. Never for anything that is replayed. */
  bytes(length: number): Uint8Array;
}

/** What vnes reads of its environment, in one place. */
export interface Environment {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** An environment variable, or undefined. */
  get(name: string): string | undefined;
  /** The user's home folder. */
  readonly home: string;
  readonly platform: string;
  readonly nodeVersion: string;
  /** Processors that this process may keep busy at a time. */
  readonly cores: number;
}

/** A wall-clock time as RFC 3339 in UTC. */
export function toRfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
