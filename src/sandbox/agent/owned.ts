import { LIMITS } from '../../base/limits.ts';
import { compareCodeUnits } from '../../base/order.ts';
import type { AnswerMessage, AskMessage } from '../protocol.ts';

export type Entry = readonly [key: string, value: string];
/** Asks the host and waits for its answer. */
export type Ask = (message: AskMessage) => AnswerMessage;

/**
 * What the capsule owns, as of the frame's start. Nobody else writes it, so it is asked of the host once and then kept up to
 * date with the capsule's own writes. When that is more than a sandbox should hold, it covers nothing any more.
 */
export class OwnedState {
  private prefixes: readonly string[];
  private readonly values = new Map<string, string>();
  private keys: string[] | undefined;

  /** Asks for everything below `prefixes`. */
  constructor(prefixes: readonly string[], ask: Ask) {
    this.prefixes = prefixes;
    for (const key of prefixes) {
      for (const [name, value] of ask({ type: 'scan', key }).entries) this.values.set(name, value);
    }
    this.limit();
  }

  /** Whether a key, or everything below a prefix, belongs to the capsule. */
  covers(key: string): boolean {
    return this.prefixes.some(prefix => key.startsWith(prefix));
  }

  get(key: string): string | undefined {
    return this.values.get(key);
  }

  /** Entries whose key starts with `prefix`, in code-unit order of their keys. */
  scan(prefix: string): Entry[] {
    this.keys ??= [...this.values.keys()].sort(compareCodeUnits);
    return this.keys.filter(key => key.startsWith(prefix)).map(key => [key, this.values.get(key)!]);
  }

  /** Takes over the writes of a batch; null deletes. */
  apply(writes: ReadonlyMap<string, string | null>): void {
    if (this.prefixes.length === 0) return;
    for (const [key, value] of writes) {
      if (this.values.has(key) !== (value !== null)) this.keys = undefined;
      if (value === null) this.values.delete(key);
      else this.values.set(key, value);
    }
    this.limit();
  }

  private limit(): void {
    if (this.values.size <= LIMITS.mirroredKeys) return;
    this.prefixes = [];
    this.values.clear();
  }
}
