import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/base/diagnostic.ts';
import { defaultPrefix, ownersOf } from '../../src/state/ownership.ts';

const prefix = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 4 });
const claims = fc
  .array(fc.array(prefix, { maxLength: 3 }), { maxLength: 4 })
  .map(all => all.map((owns, index) => ({ id: `user.c${index}`, owns })));

describe('ownership', () => {
  it('is refused exactly when a key could have two owners', () => {
    fc.assert(
      fc.property(claims, capsules => {
        const pairs = capsules.flatMap(one =>
          capsules.filter(other => other.id < one.id).map(other => [one, other] as const),
        );
        const overlapping = pairs.filter(([one, other]) =>
          one.owns.some(a => other.owns.some(b => a.startsWith(b) || b.startsWith(a))),
        );
        let named = new Set<string>();
        try {
          ownersOf(capsules);
        } catch (error) {
          named = new Set(
            (error as Failure).diagnostics.map(({ message }) =>
              message.split(' claim')[0]!.split(' and ').sort().join(),
            ),
          );
        }
        expect([...named].sort()).toEqual(
          overlapping.map(([one, other]) => [one.id, other.id].sort().join()).sort(),
        );
      }),
    );
  });

  it('lets each capsule write its own keys and no others', () => {
    const owners = ownersOf([
      { id: 'user.a', owns: [defaultPrefix('user.a')] },
      { id: 'user.ab', owns: ['user.ab/', 'shared/ab/'] },
    ]);
    expect(owners.mayWrite('user.a', 'user.a/x')).toBe(true);
    expect(owners.mayWrite('user.a', 'user.ab/x')).toBe(false);
    expect(owners.mayWrite('user.ab', 'shared/ab/x')).toBe(true);
    expect(owners.mayWrite('user.ab', 'shared/a')).toBe(false);
    expect(owners.mayWrite('user.unknown', 'user.a/x')).toBe(false);
    expect(owners.ownerOf('shared/ab/x')).toBe('user.ab');
    expect(owners.ownerOf('shared/')).toBeUndefined();
  });
});
