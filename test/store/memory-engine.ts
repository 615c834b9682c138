import { sha256Raw, toDigest } from '../../src/base/digest.ts';
import type { JournalEngine, JournalLease, Position, StoredRecord } from '../../src/store/engine.ts';
import { guarded, refuseDead } from '../../src/store/refusal.ts';
import { listSegments } from '../../src/store/segments.ts';

/** What a journal in memory consists of: what survives the writers' deaths. */
export interface MemoryStore {
  records?: { payload: Buffer; chain: Buffer }[];
  /** Called before anything becomes durable; may throw as a disk does. */
  onSync?: () => void;
}

const FIRST = sha256Raw('VNESJNL1');

/** A journal that shares no code with the file engine but the wording of refusals. The fault simulator takes it for the truth. */
export function memoryEngine(store: MemoryStore): JournalEngine {
  return {
    lease: () =>
      guarded('memory', () => {
        if (store.records) throw Object.assign(new Error('taken'), { code: 'EEXIST' });
        store.records = [];
        return lease(store, store.records);
      }),
    read: from => read(store, from),
  };
}

function lease(store: MemoryStore, records: NonNullable<MemoryStore['records']>): JournalLease {
  let state: 'open' | 'dead' = 'open';
  let waiting: { payload: Buffer; chain: Buffer }[] = [];
  const place = (all: typeof records): Position => ({
    records: all.length,
    head: toDigest(all.at(-1)?.chain ?? FIRST),
  });
  return {
    get end() {
      return place([...records, ...waiting]);
    },
    get durable() {
      return place(records);
    },
    append(at, payloads) {
      if (at.records !== this.end.records || at.head !== this.end.head) throw new RangeError('not the end');
      for (const payload of payloads) {
        const before = waiting.at(-1)?.chain ?? records.at(-1)?.chain ?? FIRST;
        waiting.push({ payload: Buffer.from(payload), chain: sha256Raw(before, payload) });
      }
      return this.end;
    },
    part() {},
    sync() {
      if (state === 'dead') refuseDead('memory');
      if (waiting.length === 0) return this.durable;
      state = 'dead';
      guarded('memory', () => store.onSync?.());
      state = 'open';
      records.push(...waiting);
      waiting = [];
      return this.durable;
    },
    release() {
      state = 'dead';
    },
  };
}

function* read({ records }: MemoryStore, from?: Position): Generator<StoredRecord, void> {
  if (!records) listSegments('/nonexistent').next();
  const start = from?.records ?? 0;
  const head = toDigest((start === 0 ? undefined : records?.[start - 1]?.chain) ?? FIRST);
  if (from && (head !== from.head || start > records!.length)) throw new RangeError('no such place');
  for (const [index, { payload, chain }] of records!.entries())
    if (index >= start) yield { payload, chain, record: index, segment: 'memory', offset: index };
}
