import type { Device } from './descriptors.ts';
import { decodeParts, encodeParts, type Message, type Part } from './parts.ts';
import { InterpreterStopped } from './stop.ts';

/** Answers one request of the interpreter; what it throws with a `payload` becomes a refusal. */
export type Answering = (message: Message) => readonly Part[];

/** What an answer begins with. */
const GRANTED = 0;
const REFUSED = 1;

/**
 * The one way out of an interpreter: it writes a request to a descriptor and reads the answer from it. Whatever code runs inside may
 * do so; what is asked is checked where it is answered.
 */
export class Door implements Device {
  private readonly answering: Answering;
  private waiting: Uint8Array = new Uint8Array();

  constructor(answering: Answering) {
    this.answering = answering;
  }

  /** Lays something out to be read next. */
  offer(kind: number, parts: readonly Part[]): void {
    this.waiting = encodeParts(kind, parts);
  }

  read(length: number): Uint8Array {
    const part = this.waiting.subarray(0, length);
    this.waiting = this.waiting.subarray(part.length);
    return part;
  }

  write(bytes: Uint8Array): void {
    const message = this.decode(bytes);
    try {
      this.offer(GRANTED, this.answering(message));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.offer(REFUSED, [String(error.payload)]);
    }
  }

  private decode(bytes: Uint8Array): Message {
    try {
      return decodeParts(bytes);
    } catch (error) {
      if (error instanceof RangeError) throw new InterpreterStopped('a request to the host was malformed');
      throw error;
    }
  }
}

/** The host's functions throw an object with a `payload` for what the guest may go on after (imports.ts). */
function isRefusal(error: unknown): error is { readonly payload: unknown } {
  return typeof error === 'object' && error !== null && !(error instanceof Error) && 'payload' in error;
}
