import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { StateWrite } from '../store/record.ts';
import { stateRoot } from './root.ts';

/** A write whose version is not yet known. */
export type StateDraft = Omit<StateWrite, 'version'>;

/** The current state in memory. Reading is what `StateReader` of the sandbox asks for. */
export class StateTable {
  /** Of each key the last write. A deleted key keeps its place: its versions go on counting. */
  private readonly slots = new Map<string, StateWrite>();
  /** Keys that have a value, in code-unit order; rebuilt when a key has come since. */
  private keys: string[] = [];
  private stale = false;

  /** The value of a key; undefined when it has none. */
  get(key: string): JsonValue | undefined {
    return this.slots.get(key)?.value ?? undefined;
  }

  /** Number of the key's last write, deletions included; 0 when it was never written. */
  version(key: string): number {
    return this.slots.get(key)?.version ?? 0;
  }

  /** Entries whose key starts with `prefix`, in code-unit order of their keys. */
  scan(prefix: string): readonly (readonly [key: string, value: JsonValue])[] {
    const keys = this.sortedKeys();
    const found: [string, JsonValue][] = [];
    for (let at = lowerBound(keys, prefix); keys[at]?.startsWith(prefix); at += 1) {
      found.push([keys[at]!, this.slots.get(keys[at]!)!.value!]);
    }
    return found;
  }

  /** All entries, in code-unit order of their keys. */
  entries(): readonly (readonly [key: string, value: JsonValue])[] {
    return this.scan('');
  }

  /** Keys that have a value, in code-unit order. */
  keysInOrder(): readonly string[] {
    return this.sortedKeys();
  }

  /** Numbers drafts as the next versions of their keys, in order, and changes nothing: journal them first, then apply them. */
  number(drafts: readonly StateDraft[]): StateWrite[] {
    const versions = new Map<string, number>();
    return drafts.map(draft => {
      const version = (versions.get(draft.key) ?? this.version(draft.key)) + 1;
      versions.set(draft.key, version);
      return { cause: draft.cause, key: draft.key, value: draft.value, version, writer: draft.writer };
    });
  }

  /** Makes writes true, in order. @throws RangeError when one is not the next version of its key; then none has been applied. */
  apply(writes: readonly StateWrite[]): void {
    const expected = this.number(writes);
    const stray = writes.find((write, index) => write.version !== expected[index]!.version);
    if (stray)
      throw new RangeError(`version ${stray.version} of ${JSON.stringify(stray.key)} is not the next one`);
    for (const write of writes) {
      const had = this.get(write.key) !== undefined;
      this.slots.set(write.key, write);
      if (had !== (write.value !== null)) this.stale = true;
    }
  }

  /** Of every key that was ever written its last version, in no order. */
  *versions(): Generator<readonly [key: string, version: number]> {
    for (const [key, { version }] of this.slots) yield [key, version];
  }

  /** Of every key that was ever written its last write, deletions included, in code-unit order of the keys. */
  lastWrites(): readonly StateWrite[] {
    return [...this.slots.values()].sort((a, b) => compareCodeUnits(a.key, b.key));
  }

  /** Takes over the last writes of another table, into an empty one. */
  restore(writes: Iterable<StateWrite>): void {
    for (const write of writes) this.slots.set(write.key, write);
    this.stale = true;
  }

  /** Forgets everything, versions included. */
  clear(): void {
    this.slots.clear();
    this.stale = true;
  }

  /** See {@link stateRoot}. */
  root(): Digest {
    return stateRoot(this.entries());
  }

  private sortedKeys(): readonly string[] {
    if (this.stale) {
      this.keys = [...this.slots].filter(([, slot]) => slot.value !== null).map(([key]) => key);
      this.keys.sort(compareCodeUnits);
      this.stale = false;
    }
    return this.keys;
  }
}

/** Index of the first key that is not before `bound`. */
function lowerBound(keys: readonly string[], bound: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
