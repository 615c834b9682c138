import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Raw, toDigest } from '../../src/base/digest.ts';
import type { JournalEngine, JournalLease, Position } from '../../src/store/engine.ts';
import { codeOf } from './recording.ts';

/** One journal of the engine under test. */
export interface Subject {
  /** A new handle on it, as another process would have. */
  open(): JournalEngine;
  /** Lets the next sync fail, and no other. */
  failOnce(): void;
}

const bytes = (text: string): Buffer => Buffer.from(text);
const texts = (engine: JournalEngine, from?: Position): string[] =>
  [...engine.read(from)].map(({ payload }) => payload.toString('latin1'));
const put = (lease: JournalLease, ...payloads: string[]): Position => {
  lease.append(lease.end, payloads.map(bytes));
  return lease.sync();
};
/** The chain as anyone can compute it. */
const headOf = (payloads: readonly Uint8Array[]) =>
  toDigest(payloads.reduce((chain: Uint8Array, payload) => sha256Raw(chain, payload), sha256Raw('VNESJNL1')));

/** What a journal must do, whatever keeps it. */
export function conforms(name: string, subject: () => Subject): void {
  describe(`${name}: reading`, () => {
    it('nothing where there is no journal', async () => {
      expect(await codeOf(() => texts(subject().open()))).toBe('VNES8001');
    });

    it('what was synced, in order, in groups of any size, whatever the bytes', () => {
      const payload = fc.uint8Array({ maxLength: 80 });
      fc.assert(
        fc.property(
          fc.array(fc.array(payload, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
          groups => {
            const journal = subject();
            const lease = journal.open().lease();
            for (const group of groups) {
              lease.append(lease.end, group);
              lease.sync();
            }
            const all = groups.flat().map(each => Buffer.from(each));
            const read = [...journal.open().read()];
            expect(read.map(each => Buffer.from(each.payload))).toEqual(all);
            expect(read.map(each => each.record)).toEqual([...all.keys()]);
            expect(toDigest(read.at(-1)!.chain)).toBe(headOf(all));
            expect(lease.durable).toEqual({ records: all.length, head: headOf(all) });
            lease.release();
          },
        ),
        { numRuns: 40 },
      );
    });

    it('from every place on, and from no place that it does not have', () => {
      const journal = subject();
      const lease = journal.open().lease();
      const payloads = ['one', 'two', 'three', 'four', 'five'];
      const places = [lease.end, put(lease, 'one'), put(lease, 'two', 'three'), put(lease, 'four', 'five')];
      for (const place of places) expect(texts(journal.open(), place)).toEqual(payloads.slice(place.records));
      const between = { records: 2, head: headOf([bytes('one'), bytes('two')]) };
      expect(texts(journal.open(), between)).toEqual(['three', 'four', 'five']);
      const wrong = [
        { records: 2, head: places[1]!.head },
        { records: 6, head: places[3]!.head },
        { records: 5, head: places[0]!.head },
      ];
      for (const place of wrong) expect(() => texts(journal.open(), place)).toThrow(RangeError);
      lease.release();
    });

    it('nothing that was not synced, before and after the writer is gone', () => {
      const journal = subject();
      const lease = journal.open().lease();
      put(lease, 'kept');
      lease.append(lease.end, [bytes('lost')]);
      expect(texts(journal.open())).toEqual(['kept']);
      expect([lease.durable.records, lease.end.records]).toEqual([1, 2]);
      lease.release();
      expect(texts(journal.open())).toEqual(['kept']);
    });
  });

  describe(`${name}: writing`, () => {
    it('at the expected place only', () => {
      const journal = subject();
      const lease = journal.open().lease();
      const start = lease.end;
      put(lease, 'one');
      for (const at of [start, { ...lease.end, records: 2 }, { ...lease.end, head: start.head }])
        expect(() => lease.append(at, [bytes('stray')])).toThrow(RangeError);
      put(lease, 'two');
      expect(texts(journal.open())).toEqual(['one', 'two']);
      lease.release();
    });

    it('nothing, when nothing is appended', () => {
      const journal = subject();
      const lease = journal.open().lease();
      const place = put(lease, 'one');
      expect(lease.append(lease.end, [])).toEqual(place);
      expect(lease.sync()).toEqual(place);
      lease.release();
    });

    it('by one writer: a second is refused while the first lives, and never overwrites it afterwards', async () => {
      const journal = subject();
      const engine = journal.open();
      const lease = engine.lease();
      put(lease, 'one');
      expect(await codeOf(() => engine.lease())).toBe('VNES8006');
      expect(await codeOf(() => journal.open().lease())).toBe('VNES8006');
      put(lease, 'two');
      lease.release();
      expect(await codeOf(() => journal.open().lease())).toBe('VNES8006');
      expect(texts(journal.open())).toEqual(['one', 'two']);
    });

    it('nothing after it was released', async () => {
      const journal = subject();
      const lease = journal.open().lease();
      put(lease, 'one');
      lease.release();
      expect(await codeOf(() => put(lease, 'two'))).toBe('VNES8005');
      lease.release();
      expect(texts(journal.open())).toEqual(['one']);
    });

    it('nothing after a sync that failed, although the next one would succeed', async () => {
      const journal = subject();
      const lease = journal.open().lease();
      const place = put(lease, 'one');
      journal.failOnce();
      expect(await codeOf(() => put(lease, 'two'))).toBe('VNES8005');
      expect(await codeOf(() => lease.sync())).toBe('VNES8005');
      expect(await codeOf(() => put(lease, 'three'))).toBe('VNES8005');
      expect(lease.durable).toEqual(place);
      lease.release();
      expect(texts(journal.open())[0]).toBe('one');
    });
  });
}
