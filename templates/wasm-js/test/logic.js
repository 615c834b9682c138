import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, EMPTY } from '../impl/src/logic.js';

test('the mean of the readings so far', () => {
  assert.deepEqual([20.5, 21.25, 19].reduce(add, EMPTY), { count: 3, mean: 20.25 });
});
