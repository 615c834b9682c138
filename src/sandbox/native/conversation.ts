import type { NativeMessage, NativeReply } from '../protocol.ts';
import type { Stopped } from './endings.ts';
import { BrokenFrame, encodeNative, FrameReader, OUT_OF_TURN } from './frames.ts';

export type Reply = NativeReply | { readonly died: string };

/** A native program as its host deals with it, wherever it runs. */
export interface Running {
  /** Settles once it can be spoken with, or never will be; undefined where that is at once. */
  readonly ready?: Promise<void>;
  /** Hands it a message and waits for its frame. */
  exchange(message: NativeMessage): Promise<Reply>;
  /** Kills it. Nobody is told of that. */
  end(): void;
}

/** What a conversation needs of the program. */
export interface Line {
  write(bytes: Uint8Array): void;
  kill(): void;
}

/** Turns with a program: it is asked one thing at a time, and must say one thing each time. */
export class Conversation {
  private readonly line: Line;
  private readonly reader = new FrameReader();
  private waiting: ((reply: Reply) => void) | undefined;
  private stopped: Stopped | undefined;
  private number = 0;
  /** Whether the program has said anything yet. */
  spoke = false;

  constructor(line: Line) {
    this.line = line;
  }

  /** Whether the program owes an answer, or the rest of one. */
  get isWaiting(): boolean {
    return this.waiting !== undefined;
  }

  exchange(message: NativeMessage): Promise<Reply> {
    return new Promise(resolve => {
      this.waiting = resolve;
      this.number = (this.number + 1) >>> 0;
      if (this.stopped) this.tell(this.stopped);
      else this.line.write(encodeNative(this.number, message));
    });
  }

  /** Nobody waits for an answer any more. */
  forget(): void {
    this.waiting = undefined;
  }

  /** What the program said next. */
  hear(chunk: Buffer): void {
    if (this.stopped) return;
    this.spoke = true;
    try {
      if (!this.waiting) throw new BrokenFrame(OUT_OF_TURN);
      const messages = this.reader.push(chunk, this.number);
      if (!messages) return;
      this.reply({ type: 'native', messages });
      if (this.reader.isAhead) throw new BrokenFrame(OUT_OF_TURN);
    } catch (error) {
      if (!(error instanceof BrokenFrame)) throw error;
      this.stop({ trap: error.message });
    }
  }

  /** The program is no more, or is to be no more. The first reason counts. */
  stop(stopped: Stopped): void {
    this.stopped ??= stopped;
    this.line.kill();
    if (this.waiting) this.tell(this.stopped);
  }

  private tell(stopped: Stopped): void {
    this.reply('died' in stopped ? stopped : { type: 'native', ended: stopped.trap });
  }

  private reply(reply: Reply): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(reply);
  }
}
