import { fail } from '../base/diagnostic.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { LoadedCapsule } from '../kernel/binding.ts';
import type { RungChoice } from '../kernel/session.ts';
import { enduring } from '../sandbox/enduring.ts';
import { fedRung } from './fed.ts';
import { heldRung, type Reconcile } from './held.ts';
import { reliving } from './lives.ts';
import type { Tape } from './tape.ts';
import { type Comparison, TIER_RULES } from './tiers.ts';

export interface Selection {
  readonly dir: string;
  /** Ids of the capsules to execute; all without it. */
  readonly only?: readonly string[] | undefined;
  /** The last frame; all without it. */
  readonly until?: number | undefined;
}

/**
 * What a replay asks of each capsule, by id: what its tier promises, or nothing where it is not selected.
 * @throws Failure VNES8103 when a selected capsule did not take part, or when nothing would be executed.
 */
export function comparisonsOf(
  capsules: readonly LoadedCapsule[],
  { dir, only, until = 0 }: Selection,
): ReadonlyMap<string, Comparison> {
  const ids = capsules.map(({ manifest }) => manifest.id).sort(compareCodeUnits);
  const absent = only?.find(id => !ids.includes(id));
  if (absent !== undefined) nothing(dir, `${absent} took no part in this recording`, ids.join(', '), absent);
  if (until < 0)
    nothing(dir, 'no event would be handled, so nothing would be proven', 'a point after the start', 'start');
  const comparisons = new Map<string, Comparison>();
  for (const { manifest, tier } of capsules) {
    const selected = only === undefined || only.includes(manifest.id);
    comparisons.set(manifest.id, selected ? TIER_RULES[tier].comparison : 'recorded');
  }
  if ([...comparisons.values()].every(comparison => comparison === 'recorded'))
    nothing(
      dir,
      'no capsule would be executed, so nothing would be proven',
      'a capsule of D0, D1 or D2',
      'NX',
    );
  return comparisons;
}

/** How each capsule is run by that. */
export function rungChoice(comparisons: ReadonlyMap<string, Comparison>, tape: Tape): RungChoice {
  return ({ manifest, tier }, own) => {
    const lasting = () => enduring(own(), () => tape.ended);
    if (comparisons.get(manifest.id) === 'recorded') return reliving(fedRung(tape, lasting), tape);
    const { reconcile } = TIER_RULES[tier];
    return reliving(reconcile ? heldRung(lasting(), tape, reconcile(manifest)) : lasting(), tape);
  };
}

/** The same for a kernel that looks ahead, which holds capsules to the recording by itself. */
export function fedChoice(comparisons: ReadonlyMap<string, Comparison>, tape: Tape): RungChoice {
  return ({ manifest }, own) => {
    const lasting = () => enduring(own(), () => tape.ended);
    const fed = comparisons.get(manifest.id) === 'recorded';
    return reliving(fed ? fedRung(tape, lasting) : lasting(), tape);
  };
}

/** What decides besides the bytes, by the ids of the capsules that are executed. */
export function reconcilesOf(
  capsules: readonly LoadedCapsule[],
  comparisons: ReadonlyMap<string, Comparison>,
): ReadonlyMap<string, Reconcile | undefined> {
  const executed = capsules.filter(({ manifest }) => comparisons.get(manifest.id) !== 'recorded');
  return new Map(
    executed.map(({ manifest, tier }) => [manifest.id, TIER_RULES[tier].reconcile?.(manifest)] as const),
  );
}

function nothing(dir: string, message: string, expected: string, found: string): never {
  fail('VNES8103', message, {
    place: { file: dir },
    expected,
    found,
    help: `see who took part: vnes replay ${dir} --json`,
  });
}
