import { compareBy } from '../base/order.ts';
import { TIERS, type Tier } from '../capsule/tier.ts';
import { compareVersions, inRanges } from '../capsule/version.ts';
import { ZONES } from '../capsule/zone.ts';
import { byName, type Candidate } from './candidate.ts';
import type { Requirement } from './capability.ts';
import { EDGE_RULES } from './rules.ts';

/** Everything that the resolver's answer depends on. */
export interface Universe {
  readonly roots: readonly Requirement[];
  readonly candidates: readonly Candidate[];
  /** What an earlier resolution chose: name of a capsule to its bindings. */
  readonly locked: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Weakest tier that any chosen capsule may promise. */
  readonly minTier: Tier;
}

/** One requirement of one capsule (or of the request, then `dependent` is undefined), and who could meet it. */
export interface Slot {
  readonly key: string;
  readonly dependent: Candidate | undefined;
  readonly requirement: Requirement;
  /** In order of preference. */
  readonly options: readonly Option[];
  /** Ids among the options. */
  readonly ids: ReadonlySet<string>;
  /** Those that offer it, but not so that it can be used here. */
  readonly refused: readonly Refused[];
}

export interface Option {
  readonly candidate: Candidate;
  /** Version of the capability (or the capsule) that it offers here. */
  readonly offers: string;
}

export interface Refused {
  readonly candidate: Candidate;
  /** Name of the constraint: `version`, `minimum`, or an {@link EDGE_RULES} id. */
  readonly rule: string;
  /** The end of a sentence about the candidate. */
  readonly reason: string;
}

/** Who offers what, looked up by {@link offerKey}. */
export type Offerers = ReadonlyMap<string, readonly Candidate[]>;

/** Indexes candidates by what they offer, in the order of their names. */
export function indexOffers(candidates: readonly Candidate[]): Offerers {
  const index = new Map<string, Candidate[]>();
  for (const candidate of [...candidates].sort(byName)) {
    const keys = candidate.provides.map(({ name }) => offerKey('capability', name));
    for (const key of new Set([offerKey('capsule', candidate.id), ...keys])) {
      const known = index.get(key);
      if (known) known.push(candidate);
      else index.set(key, [candidate]);
    }
  }
  return index;
}

function offerKey(kind: Requirement['kind'], name: string): string {
  return `${kind} ${name}`;
}

/** The slot of one requirement. */
export function slotOf(
  universe: Universe,
  offerers: Offerers,
  dependent: Candidate | undefined,
  requirement: Requirement,
): Slot {
  const options: Option[] = [];
  const refused: Refused[] = [];
  const named = offerKey(requirement.kind, requirement.name);
  for (const candidate of offerers.get(named) ?? []) {
    const offered = offeredVersions(candidate, requirement);
    const offers = offered.find(version => inRanges(version, requirement.ranges));
    const refusal =
      offers === undefined ? outOfRange(requirement, offered) : refusalOf(universe, dependent, candidate);
    if (refusal) refused.push({ candidate, ...refusal });
    else if (offers !== undefined) options.push({ candidate, offers });
  }
  const key = `${dependent?.name ?? ''} ${named}`;
  const preferences = preferencesFor(universe, dependent, requirement);
  options.sort(compareBy(...preferences.map(preference => preference.compare)));
  const ids = new Set(options.map(option => option.candidate.id));
  return { key, dependent, requirement, options, ids, refused };
}

/** Versions in which a candidate offers what is required, highest first. */
function offeredVersions(candidate: Candidate, { kind, name }: Requirement): readonly string[] {
  if (kind === 'capsule') return candidate.id === name ? [candidate.version] : [];
  return candidate.provides
    .filter(provision => provision.name === name)
    .map(provision => provision.version)
    .sort((a, b) => compareVersions(b, a));
}

function outOfRange(requirement: Requirement, offered: readonly string[]): Omit<Refused, 'candidate'> {
  return {
    rule: 'version',
    reason: `offers ${offered.join(', ')}, outside ${requirement.ranges.join(' and ')}`,
  };
}

function refusalOf(
  { minTier }: Universe,
  dependent: Candidate | undefined,
  provider: Candidate,
): Omit<Refused, 'candidate'> | undefined {
  if (TIERS.indexOf(provider.tier) > TIERS.indexOf(minTier)) {
    return {
      rule: 'minimum',
      reason: `promises ${provider.tier}, weaker than the ${minTier} that was asked for`,
    };
  }
  for (const rule of dependent ? EDGE_RULES : []) {
    const reason = dependent && rule.refuses(dependent, provider);
    if (reason) return { rule: rule.id, reason };
  }
  return undefined;
}

/** One step of the order of preference, and how to say it about the one that comes later. */
export interface Preference {
  readonly compare: (a: Option, b: Option) => number;
  readonly words: (winner: Option, loser: Option) => string;
}

/**
 * The order among those that could meet a requirement: as locked, then the most trusted zone, then the highest version, then by id.
 * Trust comes before the version, so that nobody takes the place of a core capsule by offering a higher number.
 */
export function preferencesFor(
  { locked }: Universe,
  dependent: Candidate | undefined,
  requirement: Requirement,
): readonly Preference[] {
  const bound = dependent && locked.get(dependent.name)?.[requirement.name];
  const isBound = ({ candidate }: Option): boolean => candidate.id === bound && locked.has(candidate.name);
  const isLocked = ({ candidate }: Option): boolean => locked.has(candidate.name);
  return [
    { compare: first(isBound), words: winner => `the lock file binds ${winner.candidate.name} here` },
    { compare: first(isLocked), words: winner => `the lock file has ${winner.candidate.name}` },
    {
      compare: (a, b) => ZONES.indexOf(a.candidate.zone) - ZONES.indexOf(b.candidate.zone),
      words: (winner, loser) =>
        `is in the ${loser.candidate.zone} zone, less trusted than ${winner.candidate.zone}`,
    },
    {
      compare: (a, b) => compareVersions(b.offers, a.offers),
      words: (winner, loser) => `${loser.offers} is older than ${winner.offers}`,
    },
    { compare: (a, b) => byName(a.candidate, b.candidate), words: lostByName },
  ];
}

function lostByName(winner: Option, loser: Option): string {
  return winner.candidate.id === loser.candidate.id
    ? `${loser.candidate.version} is older than ${winner.candidate.version}`
    : `offers the same version, and ${winner.candidate.id} comes first by name`;
}

function first(holds: (option: Option) => boolean): (a: Option, b: Option) => number {
  return (a, b) => Number(holds(b)) - Number(holds(a));
}
