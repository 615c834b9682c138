import { capsuleName } from '../capsule/manifest.ts';
import { TIERS, type Tier } from '../capsule/tier.ts';
import { lowestIn } from '../capsule/version.ts';
import { lessTrusted, type Zone, zoneCeiling } from '../capsule/zone.ts';
import type { Candidate } from './candidate.ts';
import { formatRequirement, type Requirement } from './capability.ts';
import type { Binding, Conflict } from './conflict.ts';
import { derivation } from './explain.ts';
import type { Refused, Slot, Universe } from './problem.ts';
import { search } from './search.ts';

/** One edit that would make a request solvable. */
export type Change =
  /** Let `capsule` (null: the request) require `requirement` with these ranges. */
  | {
      readonly kind: 'relax';
      readonly capsule: string | null;
      readonly requirement: Requirement;
      readonly ranges: readonly string[];
    }
  /** Release `capsule` again as `version`, offering `offers`. */
  | { readonly kind: 'update'; readonly capsule: string; readonly version: string; readonly offers: string }
  /** Let `capsule` promise this tier and run in this zone. */
  | { readonly kind: 'strengthen'; readonly capsule: string; readonly tier: Tier; readonly zone: Zone }
  /** Add a capsule that offers `offers` and requires nothing. */
  | {
      readonly kind: 'add';
      readonly requirement: Requirement;
      readonly version: string;
      readonly tier: Tier;
      readonly zone: Zone;
    };

/** Requirements of a conflict that changes are tried on. */
const TRIED_SLOTS = 24;

/** Steps that trying one change may take. */
const TRIAL_STEPS = 4000;

/**
 * The smallest changes that help, at most one of each kind, least work first. Each was put to the resolver and made the request
 * solvable. Empty when no single one does.
 */
export function helpfulChanges(universe: Universe, conflict: Conflict): readonly Change[] {
  const slots = new Map(derivation(conflict).map(({ slot }) => [slot.key, slot]));
  const tried = [...slots.values()].slice(0, TRIED_SLOTS);
  const kinds = [relaxed, updated, strengthened, added];
  return kinds.flatMap(changesOf => {
    for (const slot of tried) {
      const helpful = changesOf(universe, slot).find(change => solve(applyChange(universe, change)));
      if (helpful) return [helpful];
    }
    return [];
  });
}

/** The universe as it would be with the change. */
export function applyChange(universe: Universe, change: Change): Universe {
  switch (change.kind) {
    case 'relax':
      return change.capsule === null
        ? { ...universe, roots: universe.roots.map(root => relax(root, change)) }
        : edit(universe, change.capsule, each => ({
            ...each,
            requires: each.requires.map(item => relax(item, change)),
          }));
    case 'update': {
      const old = universe.candidates.find(({ name }) => name === change.capsule)!;
      return {
        ...universe,
        candidates: [...universe.candidates, newRelease(old, change.version, change.offers)],
      };
    }
    case 'strengthen':
      return edit(universe, change.capsule, each => ({ ...each, tier: change.tier, zone: change.zone }));
    case 'add':
      return { ...universe, candidates: [...universe.candidates, newCapsule(change)] };
  }
}

/** A change as one sentence to act on. */
export function changeWords(change: Change): string {
  switch (change.kind) {
    case 'relax': {
      const to = formatRequirement({ ...change.requirement, ranges: change.ranges });
      return `let ${change.capsule ?? 'the request'} require ${to} instead of ${formatRequirement(change.requirement)}`;
    }
    case 'update':
      return `release ${change.capsule} again as ${change.version}, offering ${change.offers} at ${change.version}`;
    case 'strengthen':
      return `let ${change.capsule} promise ${change.tier} and run in the ${change.zone} zone`;
    case 'add':
      return `add a capsule that offers ${change.requirement.name}@${change.version}, promises ${change.tier} and runs in the ${change.zone} zone`;
  }
}

/** The range that also takes the version which the resolver would pick if it were free to. */
function relaxed(universe: Universe, { dependent, requirement, key }: Slot): Change[] {
  if (requirement.ranges.length === 0) return [];
  const open: Change = { kind: 'relax', capsule: dependent?.name ?? null, requirement, ranges: [] };
  const bound = solve(applyChange(universe, open))?.find(({ slot }) => slot.key === key);
  return bound
    ? [{ ...open, ranges: requirement.ranges.map(range => `${range} || ${bound.option.offers}`) }]
    : [];
}

function updated(universe: Universe, { requirement, refused }: Slot): Change[] {
  const version = lowestIn(requirement.ranges);
  if (version === undefined) return [];
  const taken = new Set(universe.candidates.map(({ name }) => name));
  return refused
    .filter(
      ({ rule, candidate }) => rule === 'version' && !taken.has(capsuleName({ id: candidate.id, version })),
    )
    .map(({ candidate }) => ({ kind: 'update', capsule: candidate.name, version, offers: requirement.name }));
}

function strengthened(universe: Universe, { dependent, refused }: Slot): Change[] {
  const tier = strongerTier(universe.minTier, dependent?.tier);
  return refused
    .filter(({ rule, candidate }: Refused) => rule !== 'version' && mayRise(candidate, dependent))
    .map(({ candidate }) => ({
      kind: 'strengthen',
      capsule: candidate.name,
      tier: strongerTier(candidate.tier, tier),
      zone: dependent?.zone ?? candidate.zone,
    }));
}

/** A namespace that keeps a capsule in a less trusted zone is not overcome by its manifest. */
function mayRise({ id }: Candidate, dependent: Candidate | undefined): boolean {
  return !dependent || lessTrusted(zoneCeiling(id), dependent.zone) === dependent.zone;
}

/** For capabilities only: of a capsule that is asked for by id, {@link updated} gives the release that is missing. */
function added(universe: Universe, { dependent, requirement }: Slot): Change[] {
  const version = lowestIn(requirement.ranges);
  if (version === undefined || requirement.kind === 'capsule') return [];
  const tier = strongerTier(universe.minTier, dependent?.tier);
  return [{ kind: 'add', requirement, version, tier, zone: dependent?.zone ?? 'tenant' }];
}

function solve(universe: Universe): readonly Binding[] | undefined {
  const outcome = search(universe, TRIAL_STEPS);
  return outcome.kind === 'solved' ? outcome.bindings : undefined;
}

function relax(requirement: Requirement, change: Change & { kind: 'relax' }): Requirement {
  const same = requirement.kind === change.requirement.kind && requirement.name === change.requirement.name;
  return same ? { ...requirement, ranges: change.ranges } : requirement;
}

function edit(universe: Universe, name: string, change: (candidate: Candidate) => Candidate): Universe {
  return {
    ...universe,
    candidates: universe.candidates.map(each => (each.name === name ? change(each) : each)),
  };
}

function newRelease(old: Candidate, version: string, offers: string): Candidate {
  const provides = old.provides.map(each => (each.name === offers ? { ...each, version } : each));
  return { ...old, version, name: capsuleName({ id: old.id, version }), provides };
}

function newCapsule({ requirement, version, tier, zone }: Change & { kind: 'add' }): Candidate {
  const id = `new.${requirement.name}`;
  const provides = [{ name: requirement.name, version }];
  return { id, version, name: capsuleName({ id, version }), tier, zone, provides, requires: [] };
}

function strongerTier(a: Tier, b: Tier | undefined): Tier {
  return b !== undefined && TIERS.indexOf(b) < TIERS.indexOf(a) ? b : a;
}
