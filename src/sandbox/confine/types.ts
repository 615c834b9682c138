import type { PolicyName } from './policies.ts';

/**
 * What is to run, and with what. `confine.ts` makes a process of it that is cut off from the machine: nothing is there but the
 * files that are named here, the program's channel to its host, and the system calls of its policy.
 */
export interface Confinement {
  /** Which system calls it may make (policies.ts). */
  readonly policy: PolicyName;
  readonly program: Source;
  /** Arguments of the program; its own name is not among them. */
  readonly args: readonly string[];
  /** `NAME=value`; without it, the environment is empty. */
  readonly environment?: readonly string[];
  /** More that it needs: path inside to what is there. Libraries are such files (libraries.ts). */
  readonly files: ReadonlyMap<string, Source>;
  readonly limits: ConfinedLimits;
}

/**
 * A file inside: bytes that are copied into it, so that they need to lie in no file of the host, or a file or folder of the host,
 * which is bound there read-only.
 */
export type Source = { readonly bytes: Uint8Array } | { readonly host: string };

/** Limits that the kernel keeps (setrlimit). What meets one fails or is ended; nothing of that is replayable. */
export interface ConfinedLimits {
  /** Open files, sockets and pipes at a time. */
  readonly openFiles: number;
  /** The longest file that it may write, in bytes. */
  readonly fileBytes: number;
  /** Processor time of all its threads, in seconds: a backstop for a host that does not end it. */
  readonly cpuSeconds: number;
  /** Threads at a time, those of bubblewrap's init included, for a policy that allows any; else left out, and there is one. */
  readonly tasks?: number;
  /** Addresses that it may use, in bytes; left out for V8, which reserves many more than it uses. */
  readonly addressBytes?: number;
  /** A writable folder `/scratch` in memory of at most so many bytes; without it, nothing can be written. */
  readonly scratchBytes?: number;
}

/** Path of the program inside. */
export const PROGRAM = '/bin/program';
/** The descriptor of the channel to the host: one end of a pair of stream sockets. */
export const CHANNEL = 3;
