import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import { parseJson } from '../../src/base/json.ts';

it('every number that canonical JSON can hold can be read back from a journal', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
      expect(parseJson(canonicalJson(number))).toBe(number === 0 ? 0 : number);
    }),
    { numRuns: 2000, examples: [[1e20], [2 ** 60], [2 ** 53], [5e-324], [1.7976931348623157e308], [-0]] },
  );
});

it('integers that a double does not hold are still refused', () => {
  for (const text of ['9007199254740993', '1152921504606846977', '100000000000000000001']) {
    expect(() => parseJson(text)).toThrow('VNES1004');
  }
});
