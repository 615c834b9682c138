import type { Clock } from '../base/ports.ts';
import { writeAll } from './output.ts';
import { escapeLine } from './render/escape.ts';

/** Nothing is shown before this, in milliseconds: most commands are done by then. */
const QUIET_AT_FIRST = 200;
/** Between two updates, in milliseconds. */
const INTERVAL = 50;
const WIDTH = 78;
const CLEAR = '\r\u001b[K';

/** One line on standard error that is overwritten in place and gone at the end. */
export class Progress {
  private next: number;
  private shown = false;
  private readonly clock: Clock;
  private readonly enabled: boolean;

  constructor(clock: Clock, enabled: boolean) {
    this.clock = clock;
    this.enabled = enabled;
    this.next = enabled ? clock.monotonic() + QUIET_AT_FIRST : Number.POSITIVE_INFINITY;
  }

  report(message: string): void {
    if (!this.enabled) return;
    const now = this.clock.monotonic();
    if (now < this.next) return;
    this.next = now + INTERVAL;
    this.shown = true;
    writeAll(2, `${CLEAR}${escapeLine(message).slice(0, WIDTH)}`);
  }

  /** Takes the line away, before anything else is written. */
  end(): void {
    if (this.shown) writeAll(2, CLEAR);
    this.shown = false;
    this.next = Number.POSITIVE_INFINITY;
  }
}
