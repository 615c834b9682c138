import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TIERS } from '../../src/capsule/tier.ts';
import { ZONES } from '../../src/capsule/zone.ts';
import type { Candidate } from '../../src/registry/candidate.ts';
import { applyChange, helpfulChanges } from '../../src/registry/change.ts';
import { conflictLines } from '../../src/registry/explain.ts';
import { indexOffers, slotOf, type Universe } from '../../src/registry/problem.ts';
import { search } from '../../src/registry/search.ts';

const RANGES = [[], ['^1'], ['^2'], ['>=1.1'], ['1.0.0']] as const;
const IDS = ['a', 'b', 'c', 'd'];
const CAPABILITIES = ['p', 'q', 'r'];

const requirements = (max: number) =>
  fc.uniqueArray(fc.record({ name: fc.constantFrom(...CAPABILITIES), ranges: fc.constantFrom(...RANGES) }), {
    maxLength: max,
    selector: ({ name }) => name,
  });

const candidate = fc
  .record({
    id: fc.constantFrom(...IDS),
    version: fc.constantFrom('1.0.0', '1.1.0', '2.0.0'),
    tier: fc.constantFrom(TIERS[0], TIERS[0], TIERS[0], TIERS[2]),
    zone: fc.constantFrom(ZONES[0], ZONES[1], ZONES[1], ZONES[1]),
    provides: fc.uniqueArray(fc.constantFrom(...CAPABILITIES), { minLength: 1, maxLength: 2 }),
    requires: requirements(2),
  })
  .map(
    ({ provides, requires, ...rest }): Candidate => ({
      ...rest,
      name: `${rest.id}@${rest.version}`,
      provides: provides.map(name => ({ name, version: rest.version })),
      requires: requires.map(each => ({ kind: 'capability' as const, ...each })),
    }),
  );

const universe = fc
  .record({
    roots: requirements(2).filter(all => all.length > 0),
    candidates: fc.uniqueArray(candidate, { minLength: 2, maxLength: 9, selector: ({ name }) => name }),
  })
  .map(
    ({ roots, candidates }): Universe => ({
      roots: roots.map(each => ({ kind: 'capability' as const, ...each })),
      candidates,
      locked: new Map(),
      minTier: 'NX_experimental',
    }),
  );

/** Every selection of candidates with one version of each id, tried without any of the search's ideas. */
function bruteForce({ roots, candidates }: Universe): boolean {
  const ids = [...new Set(candidates.map(({ id }) => id))];
  const selections = ids.reduce<(readonly Candidate[])[]>(
    (all, id) =>
      all.flatMap(some => [some, ...candidates.filter(each => each.id === id).map(each => [...some, each])]),
    [[]],
  );
  return selections.some(some => {
    const offers = (each: Candidate, name: string, ranges: readonly string[]): boolean =>
      each.provides.some(
        provided => provided.name === name && ranges.every(range => within(provided.version, range)),
      );
    const founded = new Set<Candidate>();
    for (let size = -1; size !== founded.size; ) {
      size = founded.size;
      for (const each of some) {
        const met = each.requires.every(({ name, ranges }) =>
          [...founded].some(
            other =>
              offers(other, name, ranges) &&
              TIERS.indexOf(other.tier) <= TIERS.indexOf(each.tier) &&
              ZONES.indexOf(other.zone) <= ZONES.indexOf(each.zone),
          ),
        );
        if (met) founded.add(each);
      }
    }
    return roots.every(({ name, ranges }) => [...founded].some(each => offers(each, name, ranges)));
  });
}

/** The few ranges of this test, read by hand; `||` comes from suggested changes. */
function within(version: string, range: string): boolean {
  if (range.includes(' || ')) return range.split(' || ').some(part => within(version, part));
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (range.startsWith('^')) return major === Number(range.slice(1));
  if (range === '>=1.1') return major > 1 || (major === 1 && minor >= 1);
  return version === range;
}

test('agrees with trying everything, and its solutions hold', () => {
  let solved = 0;
  let refused = 0;
  fc.assert(
    fc.property(universe, given => {
      const outcome = search(given, 1e6);
      expect(outcome.kind).toBe(bruteForce(given) ? 'solved' : 'conflict');
      if (outcome.kind !== 'solved') {
        refused += 1;
        return;
      }
      solved += 1;
      const chosen = new Set(outcome.bindings.map(({ option }) => option.candidate));
      expect(new Set([...chosen].map(({ id }) => id)).size).toBe(chosen.size);
      expect(bruteForce({ ...given, candidates: [...chosen] })).toBe(true);
      for (const each of chosen) {
        const met = outcome.bindings.filter(({ slot }) => slot.dependent === each);
        expect(met.map(({ slot }) => slot.requirement)).toEqual(each.requires);
      }
      expect(hasCircle(outcome.bindings.map(({ slot, option }) => [slot.dependent, option.candidate]))).toBe(
        false,
      );
    }),
    { numRuns: 1500 },
  );
  expect(Math.min(solved, refused)).toBeGreaterThan(100);
});

function hasCircle(edges: readonly (readonly [Candidate | undefined, Candidate])[]): boolean {
  let left = edges.filter(([from]) => from !== undefined);
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    left = left.filter(([, to]) => left.some(([from]) => from === to));
  }
  return left.length > 0;
}

test('the answer is the first in order of preference, whatever the order of candidates', () => {
  fc.assert(
    fc.property(universe, fc.infiniteStream(fc.nat()), (given, noise) => {
      const shuffled = given.candidates
        .map(each => ({ each, key: noise.next().value }))
        .sort((x, y) => x.key - y.key)
        .map(({ each }) => each);
      const outcome = search(given, 1e6);
      const text = describeOutcome(outcome);
      expect(describeOutcome(search({ ...given, candidates: shuffled }, 1e6))).toEqual(text);
      if (outcome.kind === 'solved') expect(text).toEqual(naive(given));
    }),
    { numRuns: 500 },
  );
});

function describeOutcome(outcome: ReturnType<typeof search>): readonly string[] {
  if (outcome.kind === 'solved')
    return outcome.bindings.map(({ slot, option }) => `${slot.key} > ${option.candidate.name}`);
  return outcome.kind === 'conflict' ? conflictLines(outcome.conflict) : [];
}

/** Depth-first search that learns nothing and never jumps. */
function naive(given: Universe): readonly string[] | undefined {
  const offerers = indexOffers(given.candidates);
  const slotsOf = (each: Candidate) =>
    each.requires.map(requirement => slotOf(given, offerers, each, requirement));
  type Edges = readonly (readonly [Candidate | undefined, Candidate])[];
  const fill = (queue: ReturnType<typeof slotsOf>, edges: Edges): readonly string[] | undefined => {
    const slot = queue[edges.length];
    if (!slot) return edges.map(([, to], at) => `${queue[at]?.key} > ${to.name}`);
    for (const { candidate: to } of slot.options) {
      const known = edges.find(([, other]) => other.id === to.id)?.[1];
      const next: Edges = [...edges, [slot.dependent, to]];
      if ((known && known !== to) || hasCircle(next)) continue;
      const found = fill(known ? queue : [...queue, ...slotsOf(to)], next);
      if (found) return found;
    }
    return undefined;
  };
  return fill(
    given.roots.map(root => slotOf(given, offerers, undefined, root)),
    [],
  );
}

test('every suggested change makes the request solvable', () => {
  let suggested = 0;
  fc.assert(
    fc.property(universe, given => {
      const outcome = search(given, 1e6);
      if (outcome.kind !== 'conflict') return;
      expect(conflictLines(outcome.conflict).length).toBeGreaterThan(0);
      for (const change of helpfulChanges(given, outcome.conflict)) {
        suggested += 1;
        expect(bruteForce(applyChange(given, change))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
  expect(suggested).toBeGreaterThan(50);
});
