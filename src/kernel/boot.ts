import { resolve } from 'node:path';
import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import type { JsonObject } from '../base/json.ts';
import { compareUtf8 } from '../base/order.ts';
import { capsuleName, zoneOf } from '../capsule/manifest.ts';
import { parseTier } from '../capsule/tier.ts';
import type { Zone } from '../capsule/zone.ts';
import { changedInPlace, type Lock, lockDifference, toLock } from '../registry/lock.ts';
import { type Resolution, resolveCapsules } from '../registry/resolve.ts';
import { place } from '../scheduler/placement.ts';
import type { BootRecord } from '../store/record.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Verdict, VerifiedCapsule } from '../trust/verdict.ts';
import { type Admission, admit } from './admission.ts';
import type { LoadedCapsule } from './binding.ts';
import { withGrants } from './grants.ts';
import { Lifecycle } from './lifecycle.ts';
import { gradeFacts } from './quarantine/grades.ts';

/** The boot sequence (spec, section 1). The numbers stand in recordings, so they never change their meaning. */
export const STAGES = {
  trustRoots: 1,
  coreCapsules: 2,
  registry: 3,
  admission: 4,
  binding: 5,
  running: 6,
  shutdown: 7,
} as const;

const CORE_NAMESPACE = 'hypersync.core.';

export interface BootRequest {
  /** Capsule folders as discovery found them, relative to `cwd`. */
  readonly folders: readonly string[];
  readonly cwd: string;
  readonly trust: TrustStore;
  /** Where what is made of code is kept between runs. */
  readonly cacheDir?: string | undefined;
  /** Capsules run in the less trusted of this zone and their own. */
  readonly zone: Zone;
  /** Files of the machine, and folders, that capsules may read if they ask for it; none without it. */
  readonly allowedFiles?: readonly string[] | undefined;
  /** A lock file: what it asks for is resolved, and must come out as it says. */
  readonly lock?: { readonly content: Lock; readonly file: string } | undefined;
}

/** Everything that boot decided. With anything in `refused`, nothing may run. */
export interface Booted {
  readonly records: BootRecord[];
  readonly lifecycle: Lifecycle;
  readonly capsules: readonly LoadedCapsule[];
  readonly refused: readonly Verdict[];
  readonly verdicts: readonly Verdict[];
  /** Every capsule that was examined, with what was found of it. */
  readonly decisions: readonly Admission[];
}

/**
 * Boots in numbered stages, each a recorded event: trust roots, core capsules, the registry of folders, admission. A core
 * capsule that fails ends the boot before any other takes part.
 *
 * @throws Failure VNES4xxx when what the capsules require cannot be resolved.
 */
export async function boot(request: BootRequest): Promise<Booted> {
  const records: BootRecord[] = [];
  const lifecycle = new Lifecycle(record => records.push(record));
  const note = (stage: number, event: string, detail: JsonObject) =>
    records.push({ type: 'boot', stage, event, detail });

  note(STAGES.trustRoots, 'trust-roots', {
    keys: request.trust.keys.length,
    digest: trustDigest(request.trust),
  });

  const admissions = await admitAll(request);
  const [core, others] = partition(
    admissions,
    ({ verdict }) => verdict.id?.startsWith(CORE_NAMESPACE) ?? false,
  );
  enter(core, STAGES.coreCapsules, lifecycle);
  note(STAGES.coreCapsules, 'core-capsules', counts(core));
  const brokenCore = core.some(({ capsule }) => !capsule);
  if (!brokenCore) {
    note(STAGES.registry, 'registry', { folders: request.folders.length });
    enter(others, STAGES.admission, lifecycle);
    note(STAGES.admission, 'admission', counts(others));
  }

  const decisions = brokenCore ? core : admissions;
  const verdicts = decisions.map(({ verdict }) => verdict);
  const refused = verdicts.filter(({ admitted }) => !admitted);
  if (refused.length > 0) return { records, lifecycle, capsules: [], refused, verdicts, decisions };
  const capsules = load(
    admissions.flatMap(({ capsule }) => capsule ?? []),
    request,
    lifecycle,
  );
  return { records, lifecycle, capsules, refused, verdicts, decisions };
}

async function admitAll({ folders, cwd, trust, cacheDir }: BootRequest): Promise<Admission[]> {
  const admissions: Admission[] = [];
  for (const folder of folders) admissions.push(await admit(resolve(cwd, folder), folder, trust, cacheDir));
  return admissions.sort((a, b) => compareUtf8(nameOf(a.verdict), nameOf(b.verdict)));
}

/** `id@version`, or the folder of a capsule that does not even say who it is. */
export function nameOf(verdict: Verdict): string {
  return verdict.id === undefined ? verdict.folder : `${verdict.id}@${verdict.version}`;
}

function enter(admissions: readonly Admission[], stage: number, lifecycle: Lifecycle): void {
  for (const { verdict } of admissions) {
    lifecycle.discover(nameOf(verdict), stage);
    lifecycle.apply(nameOf(verdict), verdict.admitted ? 'admit' : 'refuse', stage, gradeFacts(verdict));
  }
}

function counts(admissions: readonly Admission[]): JsonObject {
  const admitted = admissions.filter(({ capsule }) => capsule).length;
  return { found: admissions.length, admitted, quarantined: admissions.length - admitted };
}

/** What is trusted, as one digest: two runs under other trust differ in it. */
function trustDigest({ keys, root }: TrustStore): Digest {
  if (root) return root.digest;
  const rows = keys.map(({ name, key, namespaces }) => ({
    name,
    key: key.der.toString('base64'),
    namespaces,
  }));
  return sha256(canonicalJson(rows));
}

function load(
  verified: readonly VerifiedCapsule[],
  request: BootRequest,
  lifecycle: Lifecycle,
): LoadedCapsule[] {
  const manifests = verified.map(({ manifest }) => manifest);
  const lock = request.lock?.content;
  const roots = lock?.roots ?? [...new Set(manifests.map(({ id }) => id))];
  const trees = new Map(verified.map(({ manifest, tree }) => [capsuleName(manifest), tree]));
  if (request.lock) throwAny(changedInPlace(request.lock.content, trees, request.lock.file));
  const resolution = resolveCapsules({ roots, candidates: manifests, lock });
  if (request.lock) throwAny(differsFrom(request.lock, toLock(roots, resolution, trees)));
  const byName = new Map(verified.map(capsule => [capsuleName(capsule.manifest), capsule]));
  return resolution.chosen.map(choice => {
    const capsule = byName.get(capsuleName(choice))!;
    const { zone, because } = place(zoneOf(capsule.manifest), request.zone);
    lifecycle.apply(capsuleName(capsule.manifest), 'load', STAGES.binding, { zone, because });
    return withGrants(toLoaded(capsule, zone, resolution), request.allowedFiles ?? []);
  });
}

/** What was locked runs, and nothing else: no newer version, no other provider, none in place of one that is gone. */
function differsFrom({ content, file }: NonNullable<BootRequest['lock']>, now: Lock): readonly Diagnostic[] {
  const changes = lockDifference(content, now);
  if (changes.length === 0) return [];
  return [
    diagnose('VNES4011', 'the capsules that were found do not resolve to what is locked', {
      place: { file },
      expected: 'the same capsules and bindings as are locked',
      found: changes.join('\n'),
      help: 'give the folders of the locked capsules, or accept the change with vnes resolve --update',
    }),
  ];
}

function throwAny([first, ...more]: readonly Diagnostic[]): void {
  if (first) throw new Failure(first, ...more);
}

function toLoaded(capsule: VerifiedCapsule, zone: Zone, resolution: Resolution): LoadedCapsule {
  const { manifest, tree } = capsule;
  return {
    manifest,
    tree,
    zone,
    tier: parseTier(manifest.capabilities.determinism_tier),
    bindings: resolution.bindings[manifest.id] ?? {},
    paths: capsule.files.map(({ path }) => path),
    read: path => capsule.read(path),
  };
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter(item => !test(item))];
}
