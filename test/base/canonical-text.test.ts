import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import { parseCanonical, toCanonical } from '../../src/base/canonical-text.ts';
import { type JsonValue, parseJson } from '../../src/base/json.ts';
import { sameJson } from '../../src/base/same-json.ts';

const values = fc.jsonValue({ maxDepth: 4 }).filter(value => !JSON.stringify(value).includes('__proto__'));

/** A text, and what the slow way makes of it. */
function slowly(text: string, maxDepth: number): string | undefined {
  try {
    return canonicalJson(parseJson(text, { maxDepth }));
  } catch {
    return undefined;
  }
}

describe('a text is canonical', () => {
  test('when the strict parser and the writer say so', () => {
    fc.assert(
      fc.property(values, fc.boolean(), fc.nat({ max: 4 }), (value, sort, maxDepth) => {
        const text = sort ? canonicalJson(value as JsonValue) : JSON.stringify(value);
        const canonical = slowly(text, maxDepth);
        const limits = { maxDepth };
        if (canonical === undefined) return void expect(() => parseCanonical(text, limits)).toThrow();
        expect(toCanonical(text, limits)).toBe(canonical);
        expect(parseCanonical(text, limits)).toEqual(text === canonical ? parseJson(text) : undefined);
      }),
    );
  });

  test.each([
    '{"b":1,"a":2}',
    '{"a": 1}',
    '1.0',
    '-0',
    '"\\u0041"',
    '"\\/"',
    '[1] ',
    '\ufeff1',
    '{"a":[{"c":1,"b":2}]}',
  ])('but not %j', text => {
    const canonical = slowly(text, 64);
    if (canonical === undefined) return void expect(() => parseCanonical(text)).toThrow();
    expect(parseCanonical(text)).toBeUndefined();
    expect(toCanonical(text)).toBe(canonical);
  });

  test.each([
    '{"a":1,"a":1}',
    '{"__proto__":1}',
    '"\\ud800"',
    '1e400',
    '9007199254740993',
    '[',
    '',
    '{"a":1}x',
  ])('and %j is not JSON', text => {
    expect(() => parseCanonical(text)).toThrow('VNES1');
    expect(() => toCanonical(text)).toThrow('VNES1');
  });

  test('within its limits only', () => {
    expect(parseCanonical('[[1]]', { maxDepth: 2 })).toEqual([[1]]);
    expect(() => parseCanonical('[[1]]', { maxDepth: 1 })).toThrow('VNES1005');
    expect(parseCanonical('"\u00e9"', { maxBytes: 4 })).toBe('\u00e9');
    expect(() => parseCanonical('"\u00e9"', { maxBytes: 3 })).toThrow('VNES1005');
    expect(parseCanonical('"\\\\ud800"')).toBe('\\ud800');
    expect(parseCanonical('null')).toBeNull();
  });
});

test('two values are the same when their canonical JSON is', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [x, y] = [a as JsonValue, b as JsonValue];
      expect(sameJson(x, JSON.parse(JSON.stringify(x)))).toBe(true);
      expect(sameJson(x, y)).toBe(canonicalJson(x) === canonicalJson(y));
      expect(sameJson([x, y], [y, x])).toBe(canonicalJson([x, y]) === canonicalJson([y, x]));
    }),
  );
  expect(sameJson({ a: 1 }, { a: 1, b: 1 })).toBe(false);
  expect(sameJson({ a: 1 }, { b: 1 })).toBe(false);
  expect(sameJson([], {})).toBe(false);
  expect(sameJson(null, {})).toBe(false);
});
