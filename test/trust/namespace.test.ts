import { expect, test } from 'vitest';
import { covers } from '../../src/trust/namespace.ts';

test.each([
  ['user.ada.counter', 'user.ada.counter'],
  ['user.ada.*', 'user.ada.counter'],
  ['user.ada.*', 'user.ada.tools.counter'],
  ['user.*', 'user.ada.counter'],
])('%s covers %s', (pattern, id) => {
  expect(covers(pattern, id)).toBe(true);
});

test.each([
  ['user.ada.counter', 'user.ada.counter2'],
  ['user.ada.counter', 'user.ada.counte'],
  ['user.ada.counter', 'user.ada.counter.more'],
  ['user.ada.counter', 'x.user.ada.counter'],
  ['user.ada.counter', 'user.ada.Counter'],
  ['user.ada.counter', 'user-ada-counter'],
  ['user.ada.*', 'user.ada'],
  ['user.ada.*', 'user.ada.'],
  ['user.ada.*', 'user.adam.counter'],
  ['user.ada.*', 'x.user.ada.counter'],
  ['user.ada.*', 'user.Ada.counter'],
  ['user.ada', 'user.ada.counter'],
  ['user.ad*', 'user.ada.counter'],
  ['*', 'user.ada.counter'],
  ['*.counter', 'user.ada.counter'],
  ['user.*.counter', 'user.ada.counter'],
  ['user.ada.(counter|adder)', 'user.ada.counter'],
  ['user.ada.c?unter', 'user.ada.counter'],
  ['user.ada.**', 'user.ada.counter'],
  ['', 'user.ada.counter'],
])('%j does not cover %s', (pattern, id) => {
  expect(covers(pattern, id)).toBe(false);
});
