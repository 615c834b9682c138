import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import type { Effects } from '../capsule/event.ts';
import type { Manifest } from '../capsule/manifest.ts';
import type { Tier } from '../capsule/tier.ts';
import type { Reconcile } from './held.ts';
import { agreeWithin, relativeTolerance, sorted, without } from './tolerance.ts';

/** The relative error that a capsule of D1 may show without stating one: some hundred units in the last place. */
const DEFAULT_RELATIVE = 1e-13;

/** How a replay holds a capsule to its recording, in words. */
export type Comparison = 'bytes' | 'tolerance' | 'projection' | 'recorded';

interface TierRule {
  readonly comparison: Comparison;
  /** Decides for the capsule; without one the bytes of the frames do, which are compared in any case. */
  readonly reconcile?: (manifest: Manifest) => Reconcile;
}

/** What each tier promises, and so what a replay can ask of it. */
export const TIER_RULES: Readonly<Record<Tier, TierRule>> = {
  D0_bit_exact: { comparison: 'bytes' },
  D1_numerically_stable: { comparison: 'tolerance', reconcile: withinTolerance },
  D2_soft_deterministic: { comparison: 'projection', reconcile: sameProjection },
  NX_experimental: { comparison: 'recorded' },
};

/** Effect by effect: structure exactly, numbers up to `runtime.tolerance`. */
function withinTolerance({ runtime }: Manifest): Reconcile {
  const tolerance = relativeTolerance(runtime?.tolerance?.relative ?? DEFAULT_RELATIVE);
  const each = <T>(recorded: readonly T[], actual: readonly T[]): readonly T[] =>
    actual.map((value, index) => {
      const was = recorded[index];
      return was !== undefined && agreeWithin(json(was), json(value), tolerance) ? was : value;
    });
  return whenOk((was, is) => ({
    published: each(was.published, is.published),
    writes: each(was.writes, is.writes),
    logs: each(was.logs, is.logs),
  }));
}

/** The same facts in any order, without the members that `runtime.projection` leaves out. Log lines are no facts. */
function sameProjection({ runtime }: Manifest): Reconcile {
  const { ignore = [] } = runtime?.projection ?? {};
  const events = ({ published }: Effects) =>
    sorted(published.map(event => ({ ...event, payload: without(event.payload, ignore) })));
  const values = ({ writes }: Effects) =>
    sorted(writes.map(({ key, value }) => ({ key, value: without(value, ignore) })));
  return whenOk((was, is) => ({
    published: same(events(was), events(is)) ? was.published : is.published,
    writes: same(values(was), values(is)) ? was.writes : is.writes,
    logs: was.logs,
  }));
}

function whenOk(reconcile: (recorded: Effects, actual: Effects) => Effects): Reconcile {
  return (recorded, actual) =>
    recorded.kind === 'ok' && actual.kind === 'ok'
      ? { kind: 'ok', effects: reconcile(recorded.effects, actual.effects) }
      : actual;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Effects are JSON by construction. */
function json(effect: unknown): JsonValue {
  return effect as JsonValue;
}
