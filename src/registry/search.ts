import type { Candidate } from './candidate.ts';
import {
  type Attempt,
  type Binding,
  boundFact,
  type Conflict,
  conflictOf,
  type Fact,
  type Outcome,
  type Why,
  without,
} from './conflict.ts';
import { type Edge, pathBetween } from './path.ts';
import { indexOffers, type Offerers, type Option, type Slot, slotOf, type Universe } from './problem.ts';

/** A step of the search: the slot it fills, what failed so far, and what the present choice made true. */
interface Level {
  readonly slot: Slot;
  readonly attempts: Attempt[];
  option?: Option;
  facts: readonly Fact[];
}

/**
 * Fills the slots in the order in which they come up, each with the first option in order of preference that leads to a
 * solution: conflict-directed backjumping with learned conflicts (Prosser 1993). Complete: it finds a solution whenever there is
 * one. Backjumping and learning only leave out what cannot succeed, so the answer is the one that trying everything in order
 * would give, whatever the order of the candidates.
 *
 * A solution has one version of each id and no circle of bindings.
 *
 * The answer is `unknown` when the search would try more than `limit` options.
 */
export function search(universe: Universe, limit: number): Outcome {
  return new Search(universe, limit).run();
}

class Search {
  private readonly universe: Universe;
  private readonly offerers: Offerers;
  private readonly queue: Slot[];
  private readonly levels: Level[] = [];
  /** Facts that hold, with the level that made them true. */
  private readonly facts = new Map<Fact, number>();
  private readonly chosen = new Map<string, { readonly candidate: Candidate; readonly wantedBy: Slot }>();
  private readonly bound = new Map<Candidate, Edge[]>();
  private readonly learned = new Map<Fact, Conflict[]>();
  private readonly slots = new Map<string, readonly Slot[]>();
  private stepsLeft: number;

  constructor(universe: Universe, limit: number) {
    this.stepsLeft = limit;
    this.universe = universe;
    this.offerers = indexOffers(universe.candidates);
    this.queue = universe.roots.map(root => slotOf(universe, this.offerers, undefined, root));
  }

  run(): Outcome {
    for (;;) {
      const slot = this.queue[this.levels.length];
      if (!slot) return { kind: 'solved', bindings: this.levels.map(toBinding) };
      this.levels.push({ slot, attempts: [], facts: [] });
      while (!this.advance()) {
        if (this.stepsLeft < 0) return { kind: 'unknown' };
        const conflict = this.learn();
        const target = Math.max(-1, ...Array.from(conflict.facts, fact => this.facts.get(fact) ?? -1));
        if (target < 0) return { kind: 'conflict', conflict };
        this.jumpTo(target, conflict);
      }
    }
  }

  /** Takes the next option of the last level that nothing speaks against; false when there is none left. */
  private advance(): boolean {
    const level = this.levels.at(-1)!;
    for (const option of level.slot.options.slice(level.attempts.length)) {
      this.stepsLeft -= 1;
      if (this.stepsLeft < 0) return false;
      const facts = this.factsOf(level.slot, option.candidate);
      const objection = this.objection(level.slot, option.candidate, facts);
      if (!objection) {
        this.take(level, option, facts);
        return true;
      }
      level.attempts.push(objection);
    }
    return false;
  }

  /** What choosing `candidate` would newly make true. */
  private factsOf(slot: Slot, candidate: Candidate): readonly Fact[] {
    const bound = boundFact(slot, candidate);
    return this.facts.has(candidate.name) ? [bound] : [bound, candidate.name];
  }

  private objection(slot: Slot, candidate: Candidate, added: readonly Fact[]): Attempt | undefined {
    const rival = this.chosen.get(candidate.id);
    if (rival && rival.candidate !== candidate) {
      const why: Why = { kind: 'version', other: rival.candidate, wantedBy: rival.wantedBy };
      return { candidate, facts: new Set([rival.candidate.name]), why };
    }
    const path = slot.dependent && pathBetween(this.bound, candidate, slot.dependent);
    if (path) return { candidate, facts: new Set(path.facts), why: { kind: 'cycle', path: path.capsules } };
    const starved = added.includes(candidate.name) ? this.starvedBy(slot, candidate) : undefined;
    if (starved) {
      return {
        candidate,
        facts: without(starved.facts, added),
        why: { kind: 'conflict', conflict: starved },
      };
    }
    for (const conflict of added.flatMap(fact => this.learned.get(fact) ?? [])) {
      if ([...conflict.facts].every(fact => this.facts.has(fact) || added.includes(fact))) {
        return { candidate, facts: without(conflict.facts, added), why: { kind: 'conflict', conflict } };
      }
    }
    return undefined;
  }

  /** An open slot that would have no option left beside `candidate`; looking ahead keeps the search from finding out late. */
  private starvedBy(slot: Slot, candidate: Candidate): Conflict | undefined {
    const rivalOf = ({ candidate: { id } }: Option) =>
      id === candidate.id ? { candidate, wantedBy: slot } : this.chosen.get(id);
    const starving = (open: Slot): boolean =>
      open.options.every(option => (rivalOf(option)?.candidate ?? option.candidate) !== option.candidate);
    const touched = this.queue.slice(this.levels.length).filter(open => open.ids.has(candidate.id));
    const starved = [...this.slotsOf(candidate), ...touched].find(starving);
    if (!starved) return undefined;
    const attempts = starved.options.map((option): Attempt => {
      const { candidate: other, wantedBy } = rivalOf(option)!;
      return {
        candidate: option.candidate,
        facts: new Set([other.name]),
        why: { kind: 'version', other, wantedBy },
      };
    });
    return conflictOf(starved, attempts);
  }

  private take(level: Level, option: Option, facts: readonly Fact[]): void {
    const { candidate } = option;
    level.option = option;
    level.facts = facts;
    for (const fact of facts) this.facts.set(fact, this.levels.length - 1);
    if (level.slot.dependent) this.boundOf(level.slot.dependent).push({ fact: facts[0]!, to: candidate });
    if (!facts.includes(candidate.name)) return;
    this.chosen.set(candidate.id, { candidate, wantedBy: level.slot });
    this.queue.push(...this.slotsOf(candidate));
  }

  private undo(level: Level): void {
    for (const fact of level.facts) this.facts.delete(fact);
    const candidate = level.option?.candidate;
    if (candidate && level.slot.dependent) this.boundOf(level.slot.dependent).pop();
    if (!candidate || !level.facts.includes(candidate.name)) return;
    this.chosen.delete(candidate.id);
    this.queue.length -= candidate.requires.length;
  }

  /** The last level has no option left: what it needs, and what each option failed by, cannot hold together. */
  private learn(): Conflict {
    const { slot, attempts } = this.levels.at(-1)!;
    const conflict = conflictOf(slot, attempts);
    for (const fact of conflict.facts) this.learned.set(fact, [...(this.learned.get(fact) ?? []), conflict]);
    return conflict;
  }

  /** Goes back to the last level that has a part in the conflict; what lies between could not have helped. */
  private jumpTo(target: number, conflict: Conflict): void {
    while (this.levels.length > target + 1) this.undo(this.levels.pop()!);
    const level = this.levels.at(-1)!;
    const { candidate } = level.option!;
    level.attempts.push({
      candidate,
      facts: without(conflict.facts, level.facts),
      why: { kind: 'conflict', conflict },
    });
    this.undo(level);
    delete level.option;
  }

  private slotsOf(candidate: Candidate): readonly Slot[] {
    let slots = this.slots.get(candidate.name);
    if (!slots) {
      slots = candidate.requires.map(requirement =>
        slotOf(this.universe, this.offerers, candidate, requirement),
      );
      this.slots.set(candidate.name, slots);
    }
    return slots;
  }

  private boundOf(dependent: Candidate): Edge[] {
    let bound = this.bound.get(dependent);
    if (!bound) {
      bound = [];
      this.bound.set(dependent, bound);
    }
    return bound;
  }
}

function toBinding({ slot, option, attempts }: Level): Binding {
  return { slot, option: option!, attempts };
}
