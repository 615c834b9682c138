import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Qos } from '../../src/bus/subscription.ts';
import type { BusEvent } from '../../src/capsule/event.ts';
import { CALM, type Conditions, type Fate, PERMITTED } from '../../src/kernel/conditions/conditions.ts';
import { Disturbed } from '../../src/kernel/conditions/disturbed.ts';
import { fated, mishaps, pieces } from '../../src/kernel/conditions/fates.ts';
import { DISTURBANCES } from '../../src/kernel/conditions/kinds.ts';
import { skewed } from '../../src/kernel/conditions/skew.ts';
import type { Due } from '../../src/kernel/mailboxes.ts';
import { recordedDisturbance } from '../../src/kernel/recording.ts';
import { flagsFor, USUAL } from '../../src/store/flags.ts';
import type { HeaderRecord } from '../../src/store/record.ts';
import { event } from '../store/recording.ts';

const QOS: readonly Qos[] = ['at_most_once', 'at_least_once', 'exactly_once'];

function due(seq: number, qos: Qos, partition = 0, subscriber = 'test.one'): Due {
  const of: BusEvent = { ...event(seq, {}, 'a.v1', seq), partition };
  const waiting = { event: of, attempt: 1, count: 1, since: 0, from: 0, turns: 0 };
  return { delivery: { event: of, subscriber }, waiting, more: false, qos };
}

const always = (fate: Fate): Conditions => ({ ...CALM, fate: () => fate });

test.each(QOS)('%s is held to, whatever the world wants', qos => {
  for (const fate of ['handled', 'lost', 'repeated', 'postponed'] as const) {
    const [only] = fated([due(0, qos)], always(fate), new Set());
    expect(only?.fate).toBe(PERMITTED[qos].has(fate) ? fate : 'handled');
  }
  expect(PERMITTED.exactly_once.has('lost') || PERMITTED.exactly_once.has('repeated')).toBe(false);
});

test('a test capsule is spared', () => {
  const [only] = fated([due(0, 'at_most_once')], always('lost'), new Set(['test.one']));
  expect(only).toMatchObject({ fate: 'handled', crash: false });
});

test('nothing overtakes a postponed delivery of its partition', () => {
  const conditions = {
    ...CALM,
    fate: ({ event: { seq } }: { event: BusEvent }): Fate => (seq === 1 ? 'postponed' : 'handled'),
  };
  const all = [0, 1, 2, 3].map(seq => due(seq, 'exactly_once', seq === 3 ? 1 : 0));
  const found = fated(all, conditions, new Set());
  expect(found.map(({ fate }) => fate)).toEqual(['handled', 'postponed', 'postponed', 'handled']);
  expect(mishaps(found)).toEqual([{ kind: 'postponed', capsule: 'test.one', detail: { events: [1, 2] } }]);
});

test('a batch is cut before each crash', () => {
  const batch = [true, false, true, false].map(crash => ({ crash }));
  expect(pieces(batch).map(piece => piece.length)).toEqual([2, 2]);
  expect(pieces([])).toEqual([[]]);
});

test('what happens to an event does not depend on others that are left out', () => {
  const events = Array.from({ length: 40 }, (_, seq) => event(seq, { n: seq }, 'a.v1', seq));
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.subarray(events), (seed, some) => {
      const fatesIn = (list: readonly BusEvent[]) => {
        const world = new Disturbed({ seed: String(seed), kinds: DISTURBANCES });
        return new Map(
          list.map((each, seq) => {
            const placed = { ...each, seq };
            world.placed(placed);
            const underway = {
              event: placed,
              subscriber: 'test.one',
              qos: 'at_least_once' as const,
              turns: 0,
            };
            const { time } = each;
            return [time, [world.fate(underway), world.crash(underway), world.delay(placed, 'test.one')]];
          }),
        );
      };
      const all = fatesIn(events);
      for (const [time, fates] of fatesIn(some)) expect(fates).toEqual(all.get(time));
    }),
    { numRuns: 50 },
  );
});

test('skewed clocks keep the order of each partition', () => {
  const input = Array.from({ length: 30 }, (_, index) => ({
    ...{ topic: 'a.v1', time: index * 50, key: `k${index % 7}`, payload: index, source: 'ingress' },
  }));
  const orders = new Set<string>();
  for (let seed = 0; seed < 20; seed += 1) {
    const late = skewed(input, { seed: String(seed), kinds: ['skew'] }, () => 4);
    for (const key of ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6']) {
      const of = (list: typeof late) => list.filter(each => each.key === key).map(({ payload }) => payload);
      expect(of(late)).toEqual(of(input));
    }
    expect(late.every(({ time }, index) => index === 0 || time >= late[index - 1]!.time)).toBe(true);
    orders.add(JSON.stringify(late.map(({ payload }) => payload)));
  }
  expect(orders.size).toBeGreaterThan(10);
  expect(skewed(input, { seed: '1', kinds: ['loss'] }, () => 4)).toBe(input);
});

test('a header says how the run was disturbed, by a flag too; an unknown way is refused', () => {
  const header = { disturbance: { seed: '1', kinds: ['loss'] } } as unknown as HeaderRecord;
  expect(recordedDisturbance(header)).toEqual({ seed: '1', kinds: ['loss'] });
  const other = { disturbance: { seed: '1', kinds: ['weather'] } } as unknown as HeaderRecord;
  expect(() => recordedDisturbance(other)).toThrow('VNES8102');
  const flags = (disturbed: boolean) => flagsFor(['wasm'], USUAL, { disturbance: disturbed });
  expect([flags(false), flags(true)]).toEqual([
    ['meter 1', 'lives 1', 'buffers 1', 'calls 1', 'own members 1'],
    ['meter 1', 'disturbance 1', 'lives 1', 'buffers 1', 'calls 1', 'own members 1'],
  ]);
});
