import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { compareBy, compareCodeUnits } from '../base/order.ts';
import { capsuleName, type Manifest } from '../capsule/manifest.ts';
import type { Tier } from '../capsule/tier.ts';
import { type Candidate, checkCandidates, checkRequirements, toCandidate } from './candidate.ts';
import { parseRequirements, type Requirement, splitName } from './capability.ts';
import { type Change, changeWords, helpfulChanges } from './change.ts';
import type { Binding, Conflict } from './conflict.ts';
import { type Because, becauseOf, conflictLines, derivation } from './explain.ts';
import type { Lock } from './lock.ts';
import type { Universe } from './problem.ts';
import { search } from './search.ts';

export interface ResolveRequest {
  /** Ids of candidates or names of capabilities, each with a range if wanted: `name@^1.2`. */
  readonly roots: readonly string[];
  readonly candidates: readonly Manifest[];
  /** An earlier answer, preferred where it still fits. */
  readonly lock?: Lock | undefined;
  readonly constraints?: { readonly minTier?: Tier | undefined } | undefined;
}

/** A capsule that takes part, and who wanted it. */
export interface Choice {
  readonly id: string;
  readonly version: string;
  readonly because: readonly Because[];
}

export interface Resolution {
  readonly ok: true;
  /** Each capsule after those that it requires. */
  readonly chosen: readonly Choice[];
  /** Id of a capsule to its capabilities, and to the id of the capsule that provides each. */
  readonly bindings: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Unresolved {
  readonly ok: false;
  /** The chain of reasons, from the request to the conflict, indented by depth. */
  readonly reasons: readonly string[];
  /** Single changes that help, least work first, each tried. */
  readonly changes: readonly Change[];
  readonly diagnostic: Diagnostic;
}

/**
 * Chooses capsules so that every requirement is met: one version of each id, no circles, no weaker determinism and no less
 * trusted zone below a stronger one. Finds a solution whenever there is one; the answer does not depend on the order of
 * candidates or roots.
 *
 * @throws Failure VNES4005 and VNES4006 for candidates that cannot be read, VNES4010 when it takes too long.
 */
export function tryResolve(request: ResolveRequest): Resolution | Unresolved {
  const universe = toUniverse(request);
  const outcome = search(universe, LIMITS.resolverSteps);
  if (outcome.kind === 'solved') return toResolution(universe, outcome.bindings);
  if (outcome.kind === 'conflict') return toUnresolved(universe, outcome.conflict);
  throw new Failure(
    diagnose('VNES4010', 'the requirements are too tangled to resolve', {
      expected: `an answer within ${LIMITS.resolverSteps} steps`,
      found: 'none yet',
      help: 'name fewer capsules, or narrow the ranges of what is required',
    }),
  );
}

/** As {@link tryResolve}. @throws Failure also when there is no solution: VNES4007 to VNES4009, with the chain of reasons. */
export function resolveCapsules(request: ResolveRequest): Resolution {
  const answer = tryResolve(request);
  if (!answer.ok) throw new Failure(answer.diagnostic);
  return answer;
}

/** What the search works on. Roots are ordered by name, so that the order of arguments decides nothing. */
export function toUniverse({ roots, candidates, lock, constraints }: ResolveRequest): Universe {
  const all = candidates.map(toCandidate);
  checkCandidates(all);
  const ids = new Set(all.map(({ id }) => id));
  const isId = (text: string): boolean => ids.has(splitName(text).name);
  const requirements = [
    ...parseRequirements(roots.filter(isId), 'capsule'),
    ...parseRequirements(roots.filter(text => !isId(text))),
  ].sort(byRequirement);
  checkRequirements(requirements);
  if (requirements.length === 0)
    throw new Failure(diagnose('VNES4001', 'no capsule and no capability was asked for'));
  return {
    roots: requirements,
    candidates: all,
    locked: new Map(lock?.capsules.map(capsule => [capsuleName(capsule), capsule.bindings])),
    minTier: constraints?.minTier ?? 'NX_experimental',
  };
}

const byRequirement = compareBy<Requirement>(
  (a, b) => compareCodeUnits(a.kind, b.kind),
  (a, b) => compareCodeUnits(a.name, b.name),
);

function toResolution(universe: Universe, bindings: readonly Binding[]): Resolution {
  const chosen = [...new Set(bindings.map(({ option }) => option.candidate))];
  chosen.sort((a, b) => compareCodeUnits(a.id, b.id));
  const below = new Map(chosen.map(each => [each, bindings.filter(({ slot }) => slot.dependent === each)]));
  return {
    ok: true,
    chosen: dependenciesFirst(chosen, below).map(candidate => ({
      id: candidate.id,
      version: candidate.version,
      because: bindings
        .filter(({ option }) => option.candidate === candidate)
        .map(binding => becauseOf(universe, binding)),
    })),
    bindings: Object.fromEntries(
      chosen.map(each => [
        each.id,
        Object.fromEntries(
          below.get(each)!.map(({ slot, option }) => [slot.requirement.name, option.candidate.id]),
        ),
      ]),
    ),
  };
}

function dependenciesFirst(
  chosen: readonly Candidate[],
  below: ReadonlyMap<Candidate, readonly Binding[]>,
): readonly Candidate[] {
  const ordered = new Set<Candidate>();
  const visit = (candidate: Candidate): void => {
    if (ordered.has(candidate)) return;
    for (const { option } of below.get(candidate)!) visit(option.candidate);
    ordered.add(candidate);
  };
  for (const candidate of chosen) visit(candidate);
  return [...ordered];
}

/** Lines of reasons that a diagnostic shows; the JSON output has them all. */
const SHOWN_REASONS = 24;

function toUnresolved(universe: Universe, conflict: Conflict): Unresolved {
  const reasons = conflictLines(conflict);
  const changes = helpfulChanges(universe, conflict);
  const [code, message] = causeOf(conflict);
  const cut = reasons.length - SHOWN_REASONS;
  const diagnostic = diagnose(code, message, {
    expected: 'a selection of capsules in which every requirement is met',
    found: [
      ...reasons.slice(0, SHOWN_REASONS),
      ...(cut > 0 ? [`and ${cut} more lines (--json has them all)`] : []),
    ].join('\n'),
    help:
      changes.length === 0
        ? 'no single change would help; begin with the innermost requirement above'
        : changes.map(changeWords).join('\nor '),
  });
  return { ok: false, reasons, changes, diagnostic };
}

function causeOf(conflict: Conflict): readonly ['VNES4007' | 'VNES4008' | 'VNES4009', string] {
  const conflicts = derivation(conflict);
  const kinds = new Set(conflicts.flatMap(({ attempts }) => attempts.map(({ why }) => why.kind)));
  const refused = conflicts.some(({ slot }) => slot.refused.length > 0);
  const missing = conflicts.find(({ slot }) => slot.options.length + slot.refused.length === 0);
  if (!kinds.has('version') && !refused && kinds.has('cycle') && !missing) {
    return ['VNES4008', 'capsules require each other in a circle'];
  }
  if (!kinds.has('version') && !refused && !kinds.has('cycle') && missing) {
    return ['VNES4009', `nothing provides ${missing.slot.requirement.name}`];
  }
  return ['VNES4007', 'no selection of capsules meets all requirements'];
}
