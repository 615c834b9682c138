import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import { LazyText, Texted } from '../base/texted.ts';
import type { StateWrite } from '../store/record.ts';
import { stateRoot } from './root.ts';

/** A write whose version is not yet known. */
export interface StateDraft extends Omit<StateWrite, 'version'> {
  /** Of the value, where something carries it. */
  readonly text?: LazyText;
}

/** A write with its version and the text of its value. Its members stand in the order of canonical JSON, in which they are written. */
class NumberedWrite extends Texted implements StateWrite {
  readonly cause: number;
  readonly key: string;
  readonly value: JsonValue | null;
  readonly version: number;
  readonly writer: string;

  constructor({ cause, key, value, writer, text }: StateDraft, version: number) {
    super(text ?? new LazyText(value));
    this.cause = cause;
    this.key = key;
    this.value = value;
    this.version = version;
    this.writer = writer;
  }
}

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

  /** The key's last write, deletions included; undefined when it was never written. */
  last(key: string): StateWrite | undefined {
    return this.slots.get(key);
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
    return numbered(drafts, key => this.version(key));
  }

  /** Makes writes true, in order. @throws RangeError when one is not the next version of its key; then none has been applied. */
  apply(writes: readonly StateWrite[]): void {
    const versions = new Map<string, number>();
    for (const { key, version } of writes) {
      if (version !== (versions.get(key) ?? this.version(key)) + 1)
        throw new RangeError(`version ${version} of ${JSON.stringify(key)} is not the next one`);
      versions.set(key, version);
    }
    for (const { cause, key, value, version, writer } of writes) {
      const had = this.get(key) !== undefined;
      // Without its text, which would be kept as long.
      this.slots.set(key, { cause, key, value, version, writer });
      if (had !== (value !== null)) this.stale = true;
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

/** Numbers drafts as the next versions of their keys, in order. `last` gives the number of a key's last write, or 0. */
export function numbered(drafts: readonly StateDraft[], last: (key: string) => number): StateWrite[] {
  const versions = new Map<string, number>();
  return drafts.map(draft => {
    const version = (versions.get(draft.key) ?? last(draft.key)) + 1;
    versions.set(draft.key, version);
    return new NumberedWrite(draft, version);
  });
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
