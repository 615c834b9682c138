import type { AnswerMessage, HostMessage, NativeReply } from './protocol.ts';

/** The host's end of the connection to one sandbox. */
export interface Channel {
  send(message: Exclude<HostMessage, AnswerMessage | NativeReply>): void;
  /** Answers what the guest waits for. */
  answer(message: AnswerMessage | NativeReply): void;
  /** Kills the sandbox and waits until it is gone; idempotent. */
  close(): Promise<void>;
}

export interface ChannelEvents {
  /** A message as it came, not yet checked. */
  onMessage(message: unknown): void;
  /** The sandbox is gone. Only the first call counts. */
  onClose(ending: Ending): void;
}

/** How a sandbox ended without having been told to. */
export type Ending =
  | { readonly kind: 'died'; readonly reason: string }
  /** It could do what it must be denied, and was given nothing to run. */
  | { readonly kind: 'allowed'; readonly attempts: readonly string[] }
  /** This machine offers no such sandbox. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface ChannelLimits {
  /** Linear memory of the guest; the JavaScript heap around it has a limit of its own. */
  readonly memoryBytes: number;
}

export type OpenChannel = (events: ChannelEvents, limits: ChannelLimits) => Channel;

/** JavaScript heap of a sandbox in MiB: the translated module, the messages and the effects of a delivery. */
export const HEAP_MIB = 256;

/**
 * Each half of the engine's young generation in MiB. Left to itself the engine doubles it again and again over millions of deliveries,
 * and a sandbox takes twice the memory that it needs. A thread is told of three halves: the engine counts a reserve.
 */
export const YOUNG_MIB = 16;

/**
 * The engine's own stack in MiB. It must hold what the meter counts (LIMITS.stackBytes), at every tier of the engine, and the
 * host's functions on top; a process has 8 MiB on the systems that we know, of which this is a safe part.
 */
export const STACK_MIB = 4;
