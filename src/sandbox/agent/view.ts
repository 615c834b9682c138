import { compareCodeUnits } from '../../base/order.ts';
import type { Ask, Entry, OwnedState } from './owned.ts';

/** State as of the frame's start, asked of the host and kept for one batch, in which it cannot change. */
export class FrameState {
  private readonly values = new Map<string, string | undefined>();
  private readonly scans = new Map<string, readonly Entry[]>();
  private readonly ask: Ask;
  private readonly owned: OwnedState | undefined;

  constructor(ask: Ask, owned: OwnedState | undefined) {
    this.ask = ask;
    this.owned = owned;
  }

  get(key: string): string | undefined {
    if (this.owned?.covers(key)) return this.owned.get(key);
    if (!this.values.has(key)) this.values.set(key, this.ask({ type: 'get', key }).entries[0]?.[1]);
    return this.values.get(key);
  }

  /** Entries by prefix, in code-unit order of their keys. */
  scan(prefix: string): readonly Entry[] {
    if (this.owned?.covers(prefix)) return this.owned.scan(prefix);
    const known = this.scans.get(prefix) ?? this.ask({ type: 'scan', key: prefix }).entries;
    this.scans.set(prefix, known);
    return known;
  }
}

/** Writes that lie over the frame's state: those of earlier deliveries of the batch, then those of the current one. */
export type Layer = ReadonlyMap<string, string | null>;

export function readThrough(frame: FrameState, layers: readonly Layer[], key: string): string | undefined {
  const layer = layers.findLast(candidate => candidate.has(key));
  return layer ? (layer.get(key) ?? undefined) : frame.get(key);
}

export function scanThrough(frame: FrameState, layers: readonly Layer[], prefix: string): Entry[] {
  const merged = new Map<string, string | null>(frame.scan(prefix));
  for (const layer of layers) {
    for (const [key, value] of layer) if (key.startsWith(prefix)) merged.set(key, value);
  }
  const present = [...merged].filter((entry): entry is [string, string] => entry[1] !== null);
  return present.sort((a, b) => compareCodeUnits(a[0], b[0]));
}
