import type { JsonValue } from '../json.ts';

/** Where a map that expressions see takes its values from. */
export interface Lookup {
  get(key: string): JsonValue | undefined;
  /** In one order. */
  keys(): readonly string[];
}

/** JSON as expressions see it. Objects are maps, whatever their members are called; every number is a double. */
export function seen(value: JsonValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(seen);
  return new Map(Object.entries(value).map(([name, member]) => [name, seen(member)]));
}

/** A map of which nothing is copied until it is asked for. The package wants a `Map`, and asks it nothing but what is here. */
export class SeenMap extends Map<string, unknown> {
  private readonly source: Lookup;

  constructor(source: Lookup) {
    super();
    this.source = source;
  }

  override get size(): number {
    return this.source.keys().length;
  }

  override get(key: string): unknown {
    const value = typeof key === 'string' ? this.source.get(key) : undefined;
    return value === undefined ? undefined : seen(value);
  }

  override has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  override keys(): MapIterator<string> {
    return this.source.keys().values();
  }

  override *entries(): MapIterator<[string, unknown]> {
    for (const key of this.source.keys()) yield [key, this.get(key)];
  }

  override *values(): MapIterator<unknown> {
    for (const key of this.source.keys()) yield this.get(key);
  }

  override forEach(take: (value: unknown, key: string, map: Map<string, unknown>) => void): void {
    for (const [key, value] of this.entries()) take(value, key, this);
  }

  override [Symbol.iterator](): MapIterator<[string, unknown]> {
    return this.entries();
  }
}
