import { expect, test } from 'vitest';
import {
  Lifecycle,
  type LifecycleEvent,
  type LifecycleState,
  TRANSITIONS,
} from '../../src/kernel/lifecycle.ts';
import type { BootRecord } from '../../src/store/record.ts';

const WAYS: Record<LifecycleState, LifecycleEvent[]> = {
  discovered: [],
  verified: ['admit'],
  quarantined: ['refuse'],
  loaded: ['admit', 'load'],
  active: ['admit', 'load', 'start'],
  suspended: ['admit', 'load', 'start', 'suspend'],
  unloaded: ['admit', 'load', 'start', 'unload'],
};
const EVENTS: LifecycleEvent[] = ['admit', 'refuse', 'load', 'start', 'suspend', 'resume', 'unload'];

function reach(state: LifecycleState): Lifecycle {
  const lifecycle = new Lifecycle(() => {});
  lifecycle.discover('c', 1);
  for (const event of WAYS[state]) lifecycle.apply('c', event, 1);
  return lifecycle;
}

test.each(Object.keys(TRANSITIONS) as LifecycleState[])(
  'from %s only the steps of the table are possible',
  state => {
    for (const event of EVENTS) {
      const lifecycle = reach(state);
      expect(lifecycle.state('c')).toBe(state);
      const next = TRANSITIONS[state][event];
      if (next === undefined) expect(() => lifecycle.apply('c', event, 1)).toThrow('cannot');
      else {
        lifecycle.apply('c', event, 1);
        expect(lifecycle.state('c')).toBe(next);
      }
    }
  },
);

test('a quarantined capsule can never become active', () => {
  expect(TRANSITIONS.quarantined).toEqual({});
});

test('every step is recorded', () => {
  const records: BootRecord[] = [];
  const lifecycle = new Lifecycle(record => records.push(record));
  lifecycle.discover('c', 2);
  lifecycle.apply('c', 'refuse', 2);
  expect(records.map(({ detail }) => detail.state)).toEqual(['discovered', 'quarantined']);
});
