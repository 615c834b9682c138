import { formatRequirement } from './capability.ts';
import type { Attempt, Binding, Conflict } from './conflict.ts';
import { type Option, preferencesFor, type Slot, type Universe } from './problem.ts';

/** Why one requirement was met as it was. */
export interface Because {
  /** `id@version` of the capsule that requires it; null for the request itself. */
  readonly by: string | null;
  readonly requires: string;
  /** The other capsules that offer it, and why each was not taken. */
  readonly others: readonly { readonly capsule: string; readonly reason: string }[];
}

/** The reasons for one binding: who asked, who else could have served, why they did not. */
export function becauseOf(universe: Universe, { slot, option, attempts }: Binding): Because {
  const later = slot.options.slice(attempts.length + 1);
  return {
    by: slot.dependent?.name ?? null,
    requires: formatRequirement(slot.requirement),
    others: [
      ...attempts.map(attempt => ({ capsule: attempt.candidate.name, reason: attemptWords(attempt) })),
      ...later.map(other => ({
        capsule: other.candidate.name,
        reason: lostBy(universe, slot, option, other),
      })),
      ...slot.refused.map(({ candidate, reason }) => ({ capsule: candidate.name, reason })),
    ],
  };
}

function lostBy(universe: Universe, slot: Slot, winner: Option, loser: Option): string {
  const steps = preferencesFor(universe, slot.dependent, slot.requirement);
  return steps.find(({ compare }) => compare(winner, loser) !== 0)!.words(winner, loser);
}

function attemptWords({ why }: Attempt): string {
  if (why.kind === 'version')
    return `cannot stand beside ${why.other.name}, which ${requiredBy(why.wantedBy, 'as ')}`;
  if (why.kind === 'cycle') return `would close a circle: ${circle(why.path)}`;
  return `was tried, but then what ${requiredBy(why.conflict.slot, 'as ')} cannot be met`;
}

/**
 * The chain of reasons of a conflict, from the request down, one line each, indented by depth. Each conflict is told once, and
 * none is begun after `limit` lines.
 */
export function conflictLines(conflict: Conflict, limit = 500): readonly string[] {
  const told = new Set<Conflict>();
  const lines: string[] = [];
  tell(conflict, 0);
  return lines;

  function tell({ slot, attempts }: Conflict, depth: number): void {
    const indent = '  '.repeat(depth);
    const nothing = attempts.length + slot.refused.length === 0;
    lines.push(`${indent}${requiredBy(slot)}${nothing ? ', which no capsule provides' : ':'}`);
    for (const { candidate, reason } of slot.refused) lines.push(`${indent}  ${candidate.name} ${reason}`);
    for (const attempt of attempts) {
      const { why, candidate } = attempt;
      if (why.kind !== 'conflict') lines.push(`${indent}  ${candidate.name} ${attemptWords(attempt)}`);
      else if (lines.length >= limit) lines.push(`${indent}  ${candidate.name} fails too`);
      else if (told.has(why.conflict)) lines.push(`${indent}  ${candidate.name} fails as shown above`);
      else {
        told.add(why.conflict);
        lines.push(`${indent}  ${candidate.name} fails, since`);
        tell(why.conflict, depth + 2);
      }
    }
  }
}

/** All conflicts that a conflict rests on, itself first. */
export function derivation(conflict: Conflict): readonly Conflict[] {
  const all = new Set([conflict]);
  for (const { attempts } of all) {
    for (const { why } of attempts) if (why.kind === 'conflict') all.add(why.conflict);
  }
  return [...all];
}

/** Capsules in a circle, first named again at the end. */
export function circle(path: readonly { readonly name: string }[]): string {
  return path.map(({ name }) => name).join(' -> ');
}

function requiredBy(slot: Slot, as = ''): string {
  return `${slot.dependent?.name ?? 'the request'} requires ${as}${formatRequirement(slot.requirement)}`;
}
