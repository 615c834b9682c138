import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import type { BusEvent } from '../capsule/event.ts';
import type { OutcomeCounts } from '../kernel/tally.ts';
import { Tally } from '../kernel/tally.ts';
import { StateTable } from '../state/memory.ts';
import type { FrameRecord } from '../store/record.ts';

/** What one published event says, without its place. */
export interface Said {
  readonly source: string;
  readonly topic: string;
  readonly key: string | null;
  readonly time: number;
  readonly payload: JsonValue;
  /** What it goes back to: `input 7`, counted from 0 among all input from outside, or the tick of a schedule. */
  readonly input: string;
}

/**
 * What a run did, kept so that another run over the same input can be held against it. An event is known by what brought it about,
 * and not by its place: the input that it goes back to, who published it, on which topic, and the how-manieth it was.
 */
export class Account {
  /** In the order in which they became true. */
  readonly events = new Map<string, Said>();
  readonly state = new StateTable();
  readonly tally = new Tally();
  private inputs = 0;
  /** By `seq`, the input that an event goes back to. */
  private readonly origins: string[] = [];
  private readonly counts = new Map<string, number>();
  private readonly left: ReadonlySet<number>;

  /** @param left numbers of the inputs that this run was not given */
  constructor(left: ReadonlySet<number> = new Set()) {
    this.left = left;
  }

  add(record: FrameRecord): void {
    for (const event of record.ingress) this.origins[event.seq] = this.inputName(event);
    for (const event of record.published) this.publish(event);
    this.state.apply(record.writes);
    this.tally.add(record);
  }

  outcomes(capsule: string): OutcomeCounts {
    return this.tally.of(capsule).deliveries;
  }

  private inputName({ source, topic, key, time }: BusEvent): string {
    if (source !== 'ingress') return `tick ${canonicalJson([topic, key, time])}`;
    while (this.left.has(this.inputs)) this.inputs += 1;
    return `input ${this.inputs++}`;
  }

  private publish({ seq, cause, source, topic, key, time, payload }: BusEvent): void {
    const input = this.origins[cause ?? seq]!;
    this.origins[seq] = input;
    const group = canonicalJson([input, source, topic]);
    const count = this.counts.get(group) ?? 0;
    this.counts.set(group, count + 1);
    this.events.set(`${group} ${count}`, { source, topic, key, time, payload, input });
  }
}
