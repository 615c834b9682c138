import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { compareBy, compareCodeUnits } from '../base/order.ts';
import { capsuleName, type Manifest, zoneOf } from '../capsule/manifest.ts';
import { parseTier, type Tier } from '../capsule/tier.ts';
import { compareVersions, isRange, isVersion } from '../capsule/version.ts';
import type { Zone } from '../capsule/zone.ts';
import { type Provision, parseProvision, parseRequirements, type Requirement } from './capability.ts';

/** A capsule as the resolver sees it. */
export interface Candidate {
  /** `id@version`. */
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly tier: Tier;
  readonly zone: Zone;
  readonly provides: readonly Provision[];
  readonly requires: readonly Requirement[];
}

/** What the resolver needs of a manifest. */
export function toCandidate(manifest: Manifest): Candidate {
  return {
    name: capsuleName(manifest),
    id: manifest.id,
    version: manifest.version,
    tier: parseTier(manifest.capabilities.determinism_tier),
    zone: zoneOf(manifest),
    provides: manifest.capabilities.provides.map(text => parseProvision(text, manifest.version)),
    requires: parseRequirements(manifest.capabilities.requires ?? []),
  };
}

/** By id, then highest version first: one order, whatever order the capsules were found in. */
export const byName: (a: Candidate, b: Candidate) => number = compareBy(
  (a, b) => compareCodeUnits(a.id, b.id),
  (a, b) => compareVersions(b.version, a.version),
);

/** @throws Failure VNES4005 for each broken version or range, VNES4006 for a name that occurs twice. */
export function checkCandidates(candidates: readonly Candidate[]): void {
  throwFirst(candidates.flatMap(problemsOf));
  const ordered = [...candidates].sort(byName);
  throwFirst(ordered.filter((candidate, at) => candidate.name === ordered[at - 1]?.name).map(twice));
}

/** @throws Failure VNES4005 when a range of the request is broken. */
export function checkRequirements(requirements: readonly Requirement[]): void {
  throwFirst(brokenRanges(requirements, 'the request'));
}

function problemsOf(candidate: Candidate): Diagnostic[] {
  const versions = [
    { name: 'version', version: candidate.version },
    ...candidate.provides.map(({ name, version }) => ({ name: `provides ${name}`, version })),
  ];
  const bad = versions.filter(({ version }) => !isVersion(version));
  return [
    ...unkeepable(candidate),
    ...bad.map(({ name, version }) => brokenText(candidate.name, name, 'a version such as 1.2.0', version)),
    ...brokenRanges(candidate.requires, candidate.name),
  ];
}

/** The one name that no document of ours may have as a key (base/json.ts): a lock file with it could not be read again. */
function unkeepable({ name, requires }: Candidate): Diagnostic[] {
  if (!requires.some(requirement => requirement.name === '__proto__')) return [];
  const found = '"__proto__"';
  return [diagnose('VNES4005', `${name}: requires a capability of a name that is not allowed`, { found })];
}

function brokenRanges(requirements: readonly Requirement[], who: string): Diagnostic[] {
  return requirements.flatMap(({ name, ranges }) =>
    ranges
      .filter(range => range === '' || !isRange(range))
      .map(range => brokenText(who, `requires ${name}`, 'a range such as ^1.2 or >=1 <3', range)),
  );
}

function brokenText(who: string, field: string, expected: string, found: string): Diagnostic {
  return diagnose('VNES4005', `${who}: ${field} has a broken version or range`, {
    expected,
    found: JSON.stringify(found),
    help: 'write it as npm does: name@1.2.0 to provide, name@^1.2 to require',
  });
}

function twice(candidate: Candidate): Diagnostic {
  return diagnose('VNES4006', `${candidate.name} occurs twice`, {
    expected: 'one capsule for each id and version',
    found: 'two different folders that claim the same name',
    help: 'leave one of them out, or give the newer one a new version',
  });
}

function throwFirst([first, ...more]: readonly Diagnostic[]): void {
  if (first) throw new Failure(first, ...more);
}
