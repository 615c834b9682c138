import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { compareCodeUnits } from '../base/order.ts';
import { type Manifest, methodSchemas, type StatedInvariant } from '../capsule/manifest.ts';
import { parseManifest } from '../capsule/parse.ts';
import { parseTier } from '../capsule/tier.ts';
import { MANIFEST_FILE } from '../capsule/tree.ts';
import { ZONES, type Zone } from '../capsule/zone.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { type Behaviour, flagsFor } from '../store/flags.ts';
import { getObject, putObject } from '../store/objects.ts';
import type { HeaderRecord, Parent, RecordedCapsule, RecordedMachine } from '../store/record.ts';
import type { LoadedCapsule } from './binding.ts';
import { codePaths, languageOf } from './code.ts';
import { DISTURBANCES, type Disturbance } from './conditions/kinds.ts';
import { isGrant } from './grant-names.ts';

/** What decides a run besides its input and its capsules. */
export interface RunSettings {
  readonly seed: string;
  /** Virtual time at the start, in milliseconds. */
  readonly epoch: number;
  /** Ingress events that a frame takes at most. */
  readonly frameIngress: number;
  readonly zone: Zone;
  /** Frames after which a snapshot is taken, again and again; never without it. */
  readonly snapshotEvery?: number;
  /** Those of a file; those of capsules stand in their manifests. */
  readonly invariants?: readonly StatedInvariant[];
  readonly disturbance?: Disturbance;
}

export interface HeaderOptions {
  readonly disk?: Disk;
  /** What the run goes on from. */
  readonly parent?: Parent | undefined;
  /** What its programs in virtual machines depend on. */
  readonly machine?: RecordedMachine | undefined;
  /** Whether senders gave events names. */
  readonly ids?: boolean;
}

/** Puts every file that the kernel loads into the recording's objects and describes the run, which may go on from another. */
export function writeHeader(
  dir: string,
  settings: RunSettings,
  capsules: readonly LoadedCapsule[],
  behaviour: Behaviour,
  { disk = nodeDisk, parent, machine, ids = false }: HeaderOptions = {},
): HeaderRecord {
  const recorded = capsules.map(capsule => recordCapsule(dir, capsule, behaviour, disk));
  recorded.sort((a, b) => compareCodeUnits(a.id, b.id));
  const languages = capsules.map(({ manifest }) => languageOf(manifest));
  const flags = flagsFor(languages, behaviour, {
    machine: machine !== undefined,
    disturbance: settings.disturbance !== undefined,
    snapshots: settings.snapshotEvery !== undefined,
    ids,
  });
  const header = { flags, ...settings, capsules: recorded, ...(machine ? { machine } : {}) };
  return parent ? { type: 'header', format: 2, ...header, parent } : { type: 'header', format: 1, ...header };
}

/** Reads the capsules of a recording back; `read` gives the recorded bytes, checked by their digests. */
export function readCapsules(dir: string, header: HeaderRecord, disk: Disk = nodeDisk): LoadedCapsule[] {
  return header.capsules.map(capsule => loadRecorded(dir, capsule, disk));
}

function recordCapsule(
  dir: string,
  capsule: LoadedCapsule,
  behaviour: Behaviour,
  disk: Disk,
): RecordedCapsule {
  const { manifest, tree, zone, tier, weakened, bindings, paths } = capsule;
  const files = loadedFiles(manifest, paths, behaviour).map(
    path => [path, putObject(dir, capsule.read(path), disk)] as const,
  );
  return {
    id: manifest.id,
    version: manifest.version,
    tree,
    zone,
    tier,
    ...(weakened === undefined ? {} : { weakened }),
    bindings,
    files: Object.fromEntries(files),
  };
}

/** Paths of the files that the kernel takes from a capsule. */
function loadedFiles(manifest: Manifest, paths: readonly string[], { calls }: Behaviour): string[] {
  const { bus } = manifest.interfaces ?? {};
  const schemas = [...(bus?.subscribes ?? []), ...(bus?.publishes ?? [])].flatMap(
    ({ schema }) => schema ?? [],
  );
  const methods = calls ? methodSchemas(manifest) : [];
  const names = [
    MANIFEST_FILE,
    ...codePaths(manifest, paths),
    ...schemas,
    ...methods,
    ...paths.filter(isGrant),
  ];
  return [...new Set(names)];
}

function loadRecorded(dir: string, recorded: RecordedCapsule, disk: Disk): LoadedCapsule {
  const read = (path: string): Uint8Array => {
    const digest = Object.hasOwn(recorded.files, path) ? recorded.files[path] : undefined;
    if (digest === undefined) {
      return fail('VNES8102', `the recording holds no ${path} of ${recorded.id}`, { place: { file: dir } });
    }
    return getObject(dir, digest as Digest, disk);
  };
  return {
    manifest: parseManifest(read(MANIFEST_FILE), `${recorded.id}/${MANIFEST_FILE}`),
    tree: recorded.tree,
    zone: knownZone(recorded.id, recorded.zone),
    tier: parseTier(recorded.tier),
    weakened: recorded.weakened,
    bindings: recorded.bindings,
    paths: Object.keys(recorded.files),
    read,
  };
}

/** The disturbance that a header states. @throws Failure VNES8102 */
export function recordedDisturbance({ disturbance }: HeaderRecord): Disturbance | undefined {
  if (!disturbance) return undefined;
  const kinds = disturbance.kinds.map(
    kind =>
      DISTURBANCES.find(known => known === kind) ??
      fail('VNES8102', `the recording was disturbed in an unknown way: ${JSON.stringify(kind)}`, {
        expected: DISTURBANCES.join(', '),
      }),
  );
  return { seed: disturbance.seed, kinds };
}

/** A zone as a recording names it. @throws Failure VNES8102 */
export function knownZone(of: string, zone: string): Zone {
  return (
    ZONES.find(known => known === zone) ??
    fail('VNES8102', `the recording runs ${of} in the unknown zone ${JSON.stringify(zone)}`, {
      expected: ZONES.join(', '),
    })
  );
}
