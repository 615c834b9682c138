import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { merkleRoot } from '../../src/base/merkle.ts';
import { stateRoot } from '../../src/state/root.ts';

/** Leaves and roots of the Certificate Transparency reference implementation (RFC 6962). */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const entries = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))
  .map(object =>
    Object.entries(object).map(
      ([key, value]) => [key, JSON.parse(JSON.stringify(value))] as [string, JsonValue],
    ),
  );

describe('the root of a state', () => {
  it.each(ROOTS.map((root, size) => [size, root] as const))(
    'over %i leaves is that of RFC 6962',
    (size, root) => {
      expect(merkleRoot(LEAVES.slice(0, size).map(leaf => Buffer.from(leaf, 'hex'))).toString('hex')).toBe(
        root,
      );
    },
  );

  it('depends on the entries and not on their order', () => {
    fc.assert(
      fc.property(
        entries.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(stateRoot(shuffled)).toBe(stateRoot(all));
        },
      ),
    );
  });

  it('is another for other entries', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        const text = (all: [string, JsonValue][]): string => canonicalJson(Object.fromEntries(all));
        expect(stateRoot(a) === stateRoot(b)).toBe(text(a) === text(b));
      }),
    );
  });

  it('keeps key and value apart, and refuses a key twice', () => {
    expect(stateRoot([['ab', 'c']])).not.toBe(stateRoot([['a', 'bc']]));
    expect(() =>
      stateRoot([
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ]),
    ).toThrow(RangeError);
  });
});
