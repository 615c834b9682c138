import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import { tally } from '../../src/trust/root/tally.ts';
import { begun, codesOf, continued, KEYS, type Name, rootOf, signed } from './roots.ts';

const NAMES = Object.keys(KEYS) as Name[];
const subset = fc.subarray(NAMES);
const seats = fc
  .subarray(NAMES, { minLength: 1 })
  .chain(names =>
    fc.record({ names: fc.constant(names), threshold: fc.integer({ min: 1, max: names.length }) }),
  );
const keysOf = (names: readonly Name[]) => names.map(name => KEYS[name]);
const reaches = (
  signers: readonly Name[],
  { names, threshold }: { names: readonly Name[]; threshold: number },
) => signers.filter(name => names.includes(name)).length >= threshold;

test('a first version counts exactly when the threshold of its principals signed, and nobody else', () => {
  fc.assert(
    fc.property(seats, subset, (seat, signers) => {
      const codes = codesOf(begun(signed(rootOf(seat.names, seat.threshold), ...keysOf(signers))));
      const own = signers.every(name => seat.names.includes(name));
      expect(codes.length === 0).toBe(own && reaches(signers, seat));
    }),
    { numRuns: 150 },
  );
});

test('a next version counts exactly when both thresholds signed, and nobody else', () => {
  fc.assert(
    fc.property(seats, seats, subset, (before, after, signers) => {
      const root = begun(signed(rootOf(before.names, before.threshold), ...keysOf(before.names)));
      const next = rootOf(after.names, after.threshold);
      const codes = codesOf(
        continued(
          root,
          ({ version, previous }) => ({ ...next, version, ...(previous ? { previous } : {}) }),
          ...keysOf(signers),
        ),
      );
      const own = signers.every(name => before.names.includes(name) || after.names.includes(name));
      expect(codes.length === 0).toBe(own && reaches(signers, before) && reaches(signers, after));
    }),
    { numRuns: 150 },
  );
});

/** Every place in a document, as a path of keys. */
function places(value: JsonValue, above: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [above];
  return [above, ...Object.entries(value).flatMap(([key, member]) => places(member, [...above, key]))];
}

/** The document with one place changed; undefined takes it out. */
function edited(
  value: JsonValue,
  [key, ...rest]: readonly string[],
  change: (old: JsonValue) => unknown,
): unknown {
  if (key === undefined) return change(value);
  const entries = Object.entries(value as object).flatMap(([name, member]) => {
    if (name !== key) return [[name, member]];
    const next = edited(member, rest, change);
    return next === undefined ? [] : [[name, next]];
  });
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

const ROOT = (() => {
  const first = begun(signed(rootOf(['ada', 'bob', 'cyd'], 2), KEYS.ada, KEYS.bob));
  const second = continued(first, root => ({ ...root, expires: '2028-01-01T00:00:00Z' }), KEYS.bob, KEYS.cyd);
  return continued(
    second,
    root => ({ ...root, require: ['build'] }),
    KEYS.ada,
    KEYS.cyd,
  ) as unknown as JsonValue;
})();
const CHANGES: readonly ((old: JsonValue, other: JsonValue) => unknown)[] = [
  () => undefined,
  (_, other) => other,
  old => (typeof old === 'string' ? flipped(old) : typeof old === 'number' ? old + 1 : [old]),
  old => (Array.isArray(old) ? [...old, ...old.slice(0, 1)] : null),
];

function flipped(text: string): string {
  const middle = Math.floor(text.length / 2);
  return text.slice(0, middle) + (text[middle] === 'A' ? 'B' : 'A') + text.slice(middle + 1);
}

test('no edited root counts', () => {
  expect(codesOf(ROOT)).toEqual([]);
  const all = places(ROOT).filter(place => place.length > 0);
  const at = (place: readonly string[]) =>
    place.reduce<JsonValue>((value, key) => (value as Record<string, JsonValue>)[key]!, ROOT);
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.constantFrom(...CHANGES),
      fc.constantFrom(...all),
      (place, change, from) => {
        const mutant = edited(ROOT, place, old => change(old, at(from)));
        fc.pre(JSON.stringify(mutant) !== JSON.stringify(ROOT));
        expect(codesOf(mutant)).not.toEqual([]);
      },
    ),
    { numRuns: 600 },
  );
});

test('a role is met exactly when as many of its principals signed, however many keys each used', () => {
  fc.assert(
    fc.property(seats, subset, fc.boolean(), (seat, signers, twice) => {
      const root = rootOf(seat.names, seat.threshold);
      const keys = signers.map(name => KEYS[name].public.base64);
      const { missing, counted } = tally(
        root,
        'build',
        'user.ada.counter',
        twice ? [...keys, ...keys] : keys,
      );
      expect(missing === 0).toBe(reaches(signers, seat));
      expect(counted).toEqual(seat.names.filter(name => signers.includes(name)));
    }),
  );
});
