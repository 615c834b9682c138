import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { StateReader } from '../sandbox/contract.ts';
import { numbered, type StateDraft, type StateTable } from '../state/memory.ts';
import { stateRoot } from '../state/root.ts';
import type { FrameRecord, StateWrite } from '../store/record.ts';

/**
 * The state and the offsets at a frame's start, which can still be asked for after frames that were committed since. It costs what those
 * wrote, and is forgotten when nobody holds it any more.
 */
export class Past implements StateReader {
  private readonly table: StateTable;
  /** What the frame wrote over, by key; once it is committed. */
  private before: ReadonlyMap<string, StateWrite | undefined> = new Map();
  private record: FrameRecord | undefined;
  private next: Past | undefined;

  constructor(table: StateTable) {
    this.table = table;
  }

  /** Remembers what the frame is about to write over; returns the start of the next one. */
  commit(record: FrameRecord): Past {
    const before = new Map<string, StateWrite | undefined>();
    for (const { key } of record.writes) if (!before.has(key)) before.set(key, this.table.last(key));
    this.before = before;
    this.record = record;
    this.next = new Past(this.table);
    return this.next;
  }

  get(key: string): JsonValue | undefined {
    return this.last(key)?.value ?? undefined;
  }

  scan(prefix: string): readonly (readonly [key: string, value: JsonValue])[] {
    const entries = new Map(this.table.scan(prefix));
    for (const { before } of this.since().toReversed()) {
      for (const [key, was] of before) {
        if (!key.startsWith(prefix)) continue;
        if (was === undefined || was.value === null) entries.delete(key);
        else entries.set(key, was.value);
      }
    }
    return [...entries].sort(([a], [b]) => compareCodeUnits(a, b));
  }

  /** Numbers drafts as {@link StateTable.number} would have done then. */
  number(drafts: readonly StateDraft[]): StateWrite[] {
    return numbered(drafts, key => this.last(key)?.version ?? 0);
  }

  /** The state root after these writes. */
  rootAfter(writes: readonly StateWrite[]): Digest {
    const entries = new Map(this.scan(''));
    for (const { key, value } of writes) {
      if (value === null) entries.delete(key);
      else entries.set(key, value);
    }
    return stateRoot([...entries].sort(([a], [b]) => compareCodeUnits(a, b)));
  }

  /** Offsets as they were when the frame had taken its input, from what they are. */
  offsets(now: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    const then = new Map(Object.entries(now));
    const placed = this.since().flatMap((past, index) => [
      ...(index > 0 ? past.record!.ingress : []),
      ...past.record!.published,
    ]);
    for (const { topic, partition, offset } of placed.toReversed()) then.set(`${topic}/${partition}`, offset);
    return Object.fromEntries(then);
  }

  private last(key: string): StateWrite | undefined {
    for (let at: Past = this; at.next; at = at.next) if (at.before.has(key)) return at.before.get(key);
    return this.table.last(key);
  }

  /** This frame and those after it that were committed, in order. */
  private since(): Past[] {
    const found: Past[] = [];
    for (let at: Past = this; at.next; at = at.next) found.push(at);
    return found;
  }
}
