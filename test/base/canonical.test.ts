import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalBytes, canonicalJson } from '../../src/base/canonical.ts';
import { type JsonValue, parseJson } from '../../src/base/json.ts';
import { compareUtf8 } from '../../src/base/order.ts';

const wellFormed = fc.string({ unit: 'grapheme' });
const values: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    wellFormed,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      wellFormed.filter(key => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

describe('canonicalJson', () => {
  test('agrees with the npm package canonicalize', () => {
    fc.assert(
      fc.property(values, value => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
    );
  });

  test('agrees with it about keys that an object puts first, whatever their order', () => {
    const keys = fc.oneof(
      fc.nat({ max: 30 }).map(String),
      fc.constantFrom('a', '', '01', '-1', '1e3', '4294967295'),
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.dictionary(keys, values, { maxKeys: 3 }), { maxKeys: 8 }), value => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
    );
    expect(canonicalJson({ 10: 1, 9: [{ 2: 0, 11: 0 }], a: 2 })).toBe('{"10":1,"9":[{"11":0,"2":0}],"a":2}');
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1},"b":1}');
    expect(() => canonicalJson({ '\ud800': 1 })).toThrow(TypeError);
    expect(() => canonicalJson({ 1: { '\ud800': 1 } })).toThrow(TypeError);
  });

  test('looks at each value once, however deep it lies', () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 60; level += 1)
      deep = level % 2 ? { b: deep, a: level } : { a: level, b: [deep] };
    expect(canonicalJson(deep)).toBe(canonicalize(deep));
  });

  test('is a fixed point of parsing', () => {
    fc.assert(
      fc.property(values, value => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(Buffer.from(canonicalBytes(value)).toString()).toBe(text);
      }),
    );
  });

  test('orders keys by UTF-16 code units and writes numbers as ECMAScript does (RFC 8785, 3.2)', () => {
    const source = '{"\\ud83d\\ude00":1e21,"\\ufb33":-0,"b":4.50,"a":2e-3}';
    expect(canonicalJson(parseJson(source))).toBe('{"a":0.002,"b":4.5,"\u{1f600}":1e+21,"\ufb33":0}');
  });

  test.each([
    undefined,
    () => 1,
    1n,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    { a: undefined },
    [undefined],
  ])('refuses %o', value => {
    expect(() => canonicalJson(value as JsonValue)).toThrow(TypeError);
  });
});

describe('compareUtf8', () => {
  test('orders as the bytes do', () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(compareUtf8('\u{10000}', '\ufb33')).toBeGreaterThan(0);
    expect(compareUtf8('\ud7ff', '\u{10000}')).toBeLessThan(0);
  });
});
