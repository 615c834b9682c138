import { expect, test } from 'vitest';
import { agreeWithin, relativeTolerance, without } from '../../src/lab/tolerance.ts';

const near = relativeTolerance(1e-9);

test.each([
  [1, 1 + 1e-10, true],
  [1, 1 + 1e-8, false],
  [-1, 1, false],
  [0, 1e-300, false],
  [1e300, 1e300 * (1 + 1e-10), true],
  [{ a: [1, 'x'] }, { a: [1 + 1e-12, 'x'] }, true],
  [{ a: [1, 'x'] }, { a: [1, 'y'] }, false],
  [{ a: 1 }, { a: 1, b: null }, false],
  [{ a: 1 }, { b: 1 }, false],
  [[1, 2], [1], false],
  [[1], { 0: 1 }, false],
  [null, {}, false],
  [{ toString: 1 }, { x: 1 }, false],
  ['1', 1, false],
])('%j and %j agree: %s', (recorded, actual, agree) => {
  expect(agreeWithin(recorded, actual, near)).toBe(agree);
  expect(agreeWithin(actual, recorded, near)).toBe(agree);
});

test.each([
  [{ a: 1, text: 'x' }, ['/text'], { a: 1 }],
  [{ a: { 'b/c': 1, d: 2 } }, ['/a/b~1c'], { a: { d: 2 } }],
  [
    { list: [{ at: 1, x: 2 }, { at: 3 }] },
    ['/list/1/at', '/list/7/at', '/none'],
    { list: [{ at: 1, x: 2 }, {}] },
  ],
  ['text', ['/a'], 'text'],
])('%j without %j', (value, pointers, rest) => {
  expect(without(value, pointers)).toEqual(rest);
});
