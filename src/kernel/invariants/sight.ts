import { SeenMap, seen } from '../../base/cel/seen.ts';
import type { JsonValue } from '../../base/json.ts';
import { StateTable } from '../../state/memory.ts';
import type { FrameRecord, StateWrite } from '../../store/record.ts';

/** What an invariant can see (docs/lab.md). Nothing is copied before an expression asks for it. */
export interface Facts {
  /** The frame's number, or that of the last frame. */
  readonly frame: number;
  /** Virtual time of the frame in milliseconds. */
  readonly time: number;
  /** The state after the frame, and before it, by key. */
  readonly state: Map<string, unknown>;
  readonly before: Map<string, unknown>;
  /** Events and deliveries of the frame, or of the whole run. */
  readonly events: readonly unknown[];
  readonly deliveries: readonly unknown[];
  /** Events so far, by topic. */
  readonly topics: Map<string, unknown>;
}

const EMPTY = new SeenMap({ get: () => undefined, keys: () => [] });

/** A run before its first frame: an expression that is no test of this is none of any frame. */
export const SAMPLE: Facts = {
  frame: 0,
  time: 0,
  state: EMPTY,
  before: EMPTY,
  events: [],
  deliveries: [],
  topics: EMPTY,
};

/** The variables whose members are named by the run itself. */
export const OPEN: ReadonlySet<keyof Facts> = new Set(['state', 'before', 'topics']);

/** The frame, time, events and deliveries that an expression sees. */
export type Extent = Pick<FrameRecord, 'frame' | 'time' | 'deliveries'> & {
  readonly events: readonly unknown[];
};

/** A run so far, as invariants see it. Made of records alone, so that it is the same for a run and for its recording. */
export class Sight {
  private readonly table = new StateTable();
  /** What the last frame overwrote. */
  private overwritten = new Map<string, JsonValue | undefined>();
  private readonly counts = new Map<string, number>();

  /** Takes over what was before the first record: the state, and how many events there were by topic. */
  restore(writes: Iterable<StateWrite>, topics: Readonly<Record<string, number>>): void {
    this.table.restore(writes);
    for (const [topic, count] of Object.entries(topics)) this.counts.set(topic, count);
  }

  add(record: FrameRecord): void {
    this.overwritten = new Map(record.writes.map(({ key }) => [key, this.table.get(key)]));
    this.table.apply(record.writes);
    for (const { topic } of [...record.ingress, ...record.published])
      this.counts.set(topic, (this.counts.get(topic) ?? 0) + 1);
  }

  /** What there is to see of an extent; `before` is what was before the last frame. */
  facts({ frame, time, events, deliveries }: Extent): Facts {
    const { table, counts } = this;
    const state = new SeenMap({ get: key => table.get(key), keys: () => table.keysInOrder() });
    const before = new SeenMap({ get: key => this.was(key), keys: () => this.keysBefore() });
    return {
      ...{ frame, time, state, before },
      topics: new SeenMap({ get: topic => counts.get(topic), keys: () => [...counts.keys()].sort() }),
      get events() {
        return events.map(event => seen(event as JsonValue));
      },
      get deliveries() {
        return deliveries.map(delivery => seen({ message: '', attempt: 1, ...delivery }));
      },
    };
  }

  private was(key: string): JsonValue | undefined {
    return this.overwritten.has(key) ? this.overwritten.get(key) : this.table.get(key);
  }

  private keysBefore(): readonly string[] {
    const keys = new Set([...this.table.keysInOrder(), ...this.overwritten.keys()]);
    return [...keys].filter(key => this.was(key) !== undefined).sort();
  }
}
