import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import { compareCodeUnits } from '../../src/base/order.ts';
import { type StateDraft, StateTable } from '../../src/state/memory.ts';
import { stateRoot } from '../../src/state/root.ts';

const draft = fc.record({
  key: fc.constantFrom('a', 'a/1', 'a/2', 'b', '\u{10000}', '\uffff', ''),
  value: fc.constantFrom<JsonValue | null>(null, 0, false, '', 1, { deep: [1] }),
});

function draftsOf(parts: readonly { key: string; value: JsonValue | null }[]): StateDraft[] {
  return parts.map((part, cause) => ({ ...part, writer: 'user.a', cause }));
}

describe('the state in memory', () => {
  it('holds what a plain map holds, in code-unit order, after any frames', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(draft)),
        fc.constantFrom('', 'a', 'a/', '\uffff', 'zz'),
        (frames, prefix) => {
          const table = new StateTable();
          const model = new Map<string, JsonValue>();
          const versions = new Map<string, number>();
          for (const parts of frames) {
            const writes = table.number(draftsOf(parts));
            table.apply(writes);
            for (const { key, value } of parts) {
              versions.set(key, (versions.get(key) ?? 0) + 1);
              if (value === null) model.delete(key);
              else model.set(key, value);
            }
            const expected = [...model]
              .filter(([key]) => key.startsWith(prefix))
              .sort(([a], [b]) => compareCodeUnits(a, b));
            expect(table.scan(prefix)).toEqual(expected);
          }
          for (const key of ['a', 'b', '', 'missing']) {
            expect(table.get(key)).toEqual(model.get(key));
            expect(table.version(key)).toBe(versions.get(key) ?? 0);
          }
          expect(table.root()).toBe(stateRoot(model));
        },
      ),
    );
  });

  it('numbers without changing anything, and applies only the next versions', () => {
    const table = new StateTable();
    const writes = table.number(
      draftsOf([
        { key: 'a', value: 1 },
        { key: 'a', value: null },
        { key: 'b', value: 2 },
      ]),
    );
    expect(writes.map(({ key, version }) => [key, version])).toEqual([
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ]);
    expect(table.version('a')).toBe(0);
    expect(() => table.apply([writes[2]!, writes[1]!])).toThrow(RangeError);
    expect(table.entries()).toEqual([]);
    table.apply(writes);
    expect(table.entries()).toEqual([['b', 2]]);
    expect(() => table.apply(writes)).toThrow(RangeError);
  });
});
