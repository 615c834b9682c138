import { expect, test } from 'vitest';
import { differencesBetween } from '../../src/lab/json-difference.ts';

test.each([
  [1, 1, []],
  [1, 2, [{ pointer: '', recorded: 1, actual: 2 }]],
  [undefined, 2, [{ pointer: '', actual: 2 }]],
  [{ a: 1 }, { a: 1, 'b/~': null }, [{ pointer: '/b~1~0', actual: null }]],
  [{ a: [1, { x: 1 }] }, { a: [1, { x: 2 }] }, [{ pointer: '/a/1/x', recorded: 1, actual: 2 }]],
  [{ a: {} }, { a: [] }, [{ pointer: '/a', recorded: {}, actual: [] }]],
  [{ toString: 1 }, {}, [{ pointer: '/toString', recorded: 1 }]],
])('%j and %j', (recorded, actual, found) => {
  expect(differencesBetween(recorded, actual, 10)).toEqual(found);
});

test('no more than asked for', () => {
  expect(differencesBetween([1, 2, 3, 4], [5, 6, 7, 8], 2).map(({ pointer }) => pointer)).toEqual([
    '/0',
    '/1',
  ]);
});
