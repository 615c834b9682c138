import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { OutcomeCounts } from '../kernel/tally.ts';
import type { Account, Said } from './account.ts';

export interface ChangedEvent {
  readonly was: Said;
  readonly is: Said;
}

/** A key whose final value differs; a side without the member has none. */
export interface ChangedKey {
  readonly key: string;
  readonly was?: JsonValue;
  readonly is?: JsonValue;
}

export interface ChangedOutcomes {
  readonly capsule: string;
  readonly was: OutcomeCounts;
  readonly is: OutcomeCounts;
}

/** In what two runs over the same input differ. */
export interface Difference {
  readonly added: readonly Said[];
  readonly removed: readonly Said[];
  readonly changed: readonly ChangedEvent[];
  readonly keys: readonly ChangedKey[];
  readonly outcomes: readonly ChangedOutcomes[];
}

/** Holds one run against another, event by event, key by key and capsule by capsule. */
export function differenceOf(was: Account, is: Account): Difference {
  const changed = [...was.events].flatMap(([name, event]) => {
    const now = is.events.get(name);
    return now && !same(event, now) ? [{ was: event, is: now }] : [];
  });
  return {
    added: [...is.events].flatMap(([name, event]) => (was.events.has(name) ? [] : [event])),
    removed: [...was.events].flatMap(([name, event]) => (is.events.has(name) ? [] : [event])),
    changed,
    keys: changedKeys(was, is),
    outcomes: changedOutcomes(was, is),
  };
}

/** Whether the runs did the same. */
export function isEmpty(difference: Difference): boolean {
  return Object.values(difference).every(part => part.length === 0);
}

function changedKeys(was: Account, is: Account): ChangedKey[] {
  const [before, after] = [new Map(was.state.entries()), new Map(is.state.entries())];
  return [...new Set([...before.keys(), ...after.keys()])].sort(compareCodeUnits).flatMap(key => {
    const [old, now] = [before.get(key), after.get(key)];
    if (same(old ?? null, now ?? null)) return [];
    return [{ key, ...(old === undefined ? {} : { was: old }), ...(now === undefined ? {} : { is: now }) }];
  });
}

function changedOutcomes(was: Account, is: Account): ChangedOutcomes[] {
  const names = new Set([...was.tally.capsules.keys(), ...is.tally.capsules.keys()]);
  return [...names].sort(compareCodeUnits).flatMap(capsule => {
    const pair = { was: was.outcomes(capsule), is: is.outcomes(capsule) };
    return same(pair.was, pair.is) ? [] : [{ capsule, ...pair }];
  });
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a as JsonValue) === canonicalJson(b as JsonValue);
}
