import type { Candidate } from './candidate.ts';
import type { Option, Slot } from './problem.ts';

/** Something that holds in the state of the search: `a@1.0.0` (is chosen), or `<slot> > a@1.0.0` (is bound there). */
export type Fact = string;

/** Facts that cannot hold together, and the proof: each way to fill `slot` failed. */
export interface Conflict {
  readonly facts: ReadonlySet<Fact>;
  readonly slot: Slot;
  readonly attempts: readonly Attempt[];
}

/** One option that was tried and failed because of `facts`. */
export interface Attempt {
  readonly candidate: Candidate;
  readonly facts: ReadonlySet<Fact>;
  readonly why: Why;
}

export type Why =
  | { readonly kind: 'version'; readonly other: Candidate; readonly wantedBy: Slot }
  | { readonly kind: 'cycle'; readonly path: readonly Candidate[] }
  | { readonly kind: 'conflict'; readonly conflict: Conflict };

/** A slot and what fills it, with those that were tried before. */
export interface Binding {
  readonly slot: Slot;
  readonly option: Option;
  readonly attempts: readonly Attempt[];
}

export type Outcome =
  | { readonly kind: 'solved'; readonly bindings: readonly Binding[] }
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  | { readonly kind: 'unknown' };

/** The conflict of a slot whose every option failed: what the options failed by, and that the slot is there at all. */
export function conflictOf(slot: Slot, attempts: readonly Attempt[]): Conflict {
  const facts = new Set(attempts.flatMap(attempt => [...attempt.facts]));
  if (slot.dependent) facts.add(slot.dependent.name);
  return { facts, slot, attempts };
}

/** The fact that a slot is bound to a candidate. */
export function boundFact(slot: Slot, candidate: Candidate): Fact {
  return `${slot.key} > ${candidate.name}`;
}

/** Facts but for some. */
export function without(facts: ReadonlySet<Fact>, left: readonly Fact[]): ReadonlySet<Fact> {
  return new Set([...facts].filter(fact => !left.includes(fact)));
}
