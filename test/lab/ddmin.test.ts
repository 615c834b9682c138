import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ddmin } from '../../src/lab/ddmin.ts';

const items = (count: number) => Array.from({ length: count }, (_, index) => index);

test.each([[[]], [[17]], [[0, 99]], [[3, 4, 5, 50, 98]]])(
  'finds exactly the items that it takes: %j',
  async needed => {
    const shows = async (some: readonly number[]) => needed.every(each => some.includes(each));
    const { items: found, proven } = await ddmin(items(100), shows);
    expect(found).toEqual(needed.length > 0 ? needed : [0]);
    expect(proven).toBe(true);
  },
);

test('none of what is left can be left out, whatever it is that shows, and it is the same each time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 2, max: 9 }),
      async (count, modulus) => {
        // Not monotone: more items can hide it again.
        const shows = async (some: readonly number[]) =>
          some.length === count || some.reduce((sum, each) => sum + each, 1) % modulus === 0;
        const { items: found, proven } = await ddmin(items(count), shows);
        expect((await ddmin(items(count), shows)).items).toEqual(found);
        expect(await shows(found)).toBe(true);
        if (found.length < 2) return;
        expect(proven).toBe(true);
        for (const left of found) expect(await shows(found.filter(each => each !== left))).toBe(false);
      },
    ),
  );
});

test('ends when the tries run out, with something that shows it', async () => {
  const shows = async (some: readonly number[]) => some.includes(3) && some.includes(60);
  const { items: found, tries, proven } = await ddmin(items(100), shows, 10);
  expect([proven, await shows(found)]).toEqual([false, true]);
  expect(tries).toBe(10);
});
