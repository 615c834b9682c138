import type { BusEvent } from '../capsule/event.ts';
import type { FrameRecord } from '../store/record.ts';

/** The last event that a run took in, and how many like it came just before: ticks of one time may be alike. */
export interface LastTaken {
  readonly source: string;
  readonly topic: string;
  readonly key: string | null;
  readonly time: number;
  readonly times: number;
}

/** The same as a snapshot states it. */
export interface TakenSoFar {
  readonly inputs: number;
  readonly last: LastTaken | null;
}

/** How far a run has taken its input. */
export class Taken {
  /** Events from outside, without the ticks of schedules. */
  inputs: number;
  last: LastTaken | undefined;
  /** What their senders called them. */
  readonly ids = new Set<string>();

  constructor(inputs = 0, last?: LastTaken) {
    this.inputs = inputs;
    this.last = last;
  }

  /** Takes over what had been taken where a snapshot was made from which a recording begins. */
  begin({ inputs, last }: TakenSoFar, ids: readonly string[]): void {
    this.inputs = inputs;
    this.last = last ?? undefined;
    for (const id of ids) this.ids.add(id);
  }

  add({ ingress }: FrameRecord): void {
    for (const event of ingress) {
      if (event.source === 'ingress') this.inputs += 1;
      if (event.id !== undefined) this.ids.add(event.id);
      const times = this.last && isAlike(this.last, event) ? this.last.times + 1 : 1;
      const { source, topic, key, time } = event;
      this.last = { source, topic, key, time, times };
    }
  }
}

function isAlike(last: LastTaken, { source, topic, key, time }: BusEvent): boolean {
  return last.source === source && last.topic === topic && last.key === key && last.time === time;
}
