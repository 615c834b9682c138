import { decodeParts, encodeParts, type Message, type Part } from '../asking/parts.ts';
import { type Answering, refusalIn } from '../asking/requests.ts';
import { malformed } from '../asking/stopped.ts';
import type { Device } from './descriptors.ts';

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
      const refusal = refusalIn(error);
      if (refusal === undefined) throw error;
      this.offer(REFUSED, [refusal]);
    }
  }

  private decode(bytes: Uint8Array): Message {
    try {
      return decodeParts(bytes);
    } catch (error) {
      if (error instanceof RangeError) malformed();
      throw error;
    }
  }
}
