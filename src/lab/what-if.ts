import { resolve } from 'node:path';
import { diagnose, Failure, fail } from '../base/diagnostic.ts';
import type { Clock } from '../base/ports.ts';
import { zoneOf } from '../capsule/manifest.ts';
import { parseTier } from '../capsule/tier.ts';
import { admit } from '../kernel/admission.ts';
import { bind, type LoadedCapsule, type Network } from '../kernel/binding.ts';
import { conditionsOf } from '../kernel/conditions/disturbed.ts';
import { isGrant } from '../kernel/grant-names.ts';
import type { IngressEvent } from '../kernel/ingress.ts';
import { type InvariantsFile, prepareInvariants, recordedInvariants } from '../kernel/invariants/prepare.ts';
import type { InvariantVerdict } from '../kernel/invariants/watch.ts';
import { refuseOtherMachine } from '../kernel/machines.ts';
import { refuseImpossible } from '../kernel/recorded.ts';
import { knownZone, readCapsules, recordedDisturbance } from '../kernel/recording.ts';
import { frames } from '../kernel/run.ts';
import { weaveSchedules } from '../kernel/schedules.ts';
import { openSession } from '../kernel/session.ts';
import { isDue } from '../kernel/snapshot.ts';
import { type Timing, UNDISTURBED } from '../kernel/timing.ts';
import { resolveCapsules } from '../registry/resolve.ts';
import { place } from '../scheduler/placement.ts';
import { behaviourIn } from '../store/flags.ts';
import { readJournal } from '../store/read.ts';
import type { FrameRecord, HeaderRecord } from '../store/record.ts';
import type { TrustStore } from '../trust/store.ts';
import { diagnosticsOf, type VerifiedCapsule } from '../trust/verdict.ts';
import { Account } from './account.ts';
import { type CostChange, costChanges, Meter } from './costs.ts';
import { type Difference, differenceOf } from './difference.ts';
import { headerOf, refuseCompacted, refuseUnsealed } from './open.ts';

export interface WhatIfRequest {
  readonly dir: string;
  /** Folders of the capsules that take the places of recorded ones of their ids. */
  readonly folders: readonly string[];
  readonly cwd: string;
  readonly trust: TrustStore;
  readonly cacheDir?: string | undefined;
  /** Whether capsules below D0 may run in less than their zone asks for. */
  readonly weaker?: boolean | undefined;
  /** Invariants to check besides those of the capsules and the recording. */
  readonly invariants?: InvariantsFile | undefined;
  readonly timing?: Timing;
  readonly clock: Clock;
  readonly onFrame?: (frame: number) => void;
}

/** A capsule in two versions. */
export interface Swap {
  readonly id: string;
  readonly was: string;
  readonly is: string;
}

export interface WhatIf {
  readonly swaps: readonly Swap[];
  readonly difference: Difference;
  /** What each capsule took of fuel and time, then and with the new versions; both were executed now. */
  readonly costs: readonly CostChange[];
  /** What became of each invariant with the new versions. */
  readonly invariants: readonly InvariantVerdict[];
  /** Input that the network with the new versions would not take, by its number among all input, and why. */
  readonly refused: readonly { readonly input: number; readonly reason: string }[];
}

/**
 * What would have happened, had other versions of some capsules taken part: the recorded input through the recorded network with
 * those in their places. The recording stays as it is.
 *
 * @throws Failure with the diagnostics of a folder that is not admitted; VNES8104 for one whose capsule took no part; VNES80xx for
 *   a bad recording; VNES4xxx when the capsules do not resolve.
 */
export async function whatIf(request: WhatIfRequest): Promise<WhatIf> {
  const { dir } = request;
  refuseUnsealed(dir);
  refuseCompacted(dir);
  const { header, dir: owner } = headerOf(dir);
  const recorded = readCapsules(owner, header);
  refuseImpossible(owner, header, recorded);
  await refuseOtherMachine(header, recorded, () => true);
  const verified = await admitAll(request);
  const swaps = verified.map(capsule => swapOf(capsule, recorded, dir));
  const capsules = replaced(recorded, verified, header);
  const network = await bind(capsules, behaviourIn(header.flags));
  const given = request.invariants ? [request.invariants] : [];
  const invariants = await prepareInvariants(capsules, recordedInvariants(dir, header), ...given);
  const was = accountOf(dir);
  const { input, refused } = inputOf(dir, network);
  const watch = invariants.watch();
  const is = new Account(new Set(refused.map(({ input: number }) => number)));
  const meter = new Meter(request.clock);
  await execute(request, { header, capsules, network, meter }, input, record => {
    is.add(record);
    watch.add(record);
    request.onFrame?.(record.frame);
  });
  watch.end();
  const before = await measured(request, header, recorded);
  const costs = costChanges(
    header.capsules.map(({ id }) => id),
    before,
    meter,
  );
  return { swaps, difference: differenceOf(was, is), costs, invariants: watch.verdicts(), refused };
}

interface Cast {
  readonly header: HeaderRecord;
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly meter: Meter;
}

/** Runs a network over an input, in the conditions of the recording. */
async function execute(
  { cacheDir, weaker, timing = UNDISTURBED }: WhatIfRequest,
  { header, capsules, network, meter }: Cast,
  input: readonly IngressEvent[],
  onFrame: (record: FrameRecord) => void,
): Promise<void> {
  const conditions = conditionsOf(recordedDisturbance(header));
  const { seed, epoch, frameIngress, snapshotEvery } = header;
  const { rung } = meter;
  const session = await openSession({ capsules, network, seed, timing, conditions, cacheDir, weaker, rung });
  const { kernel } = session;
  try {
    const woven = weaveSchedules(input, network.schedules, epoch);
    for await (const record of frames(kernel, woven, frameIngress)) {
      onFrame(record);
      if (isDue(snapshotEvery, kernel.frameCount)) await kernel.renew();
    }
  } finally {
    await session.close();
  }
}

/** What the recorded capsules take now; undefined where they cannot be run here any more. */
async function measured(
  request: WhatIfRequest,
  header: HeaderRecord,
  capsules: readonly LoadedCapsule[],
): Promise<Meter | undefined> {
  const meter = new Meter(request.clock);
  try {
    const network = await bind(capsules, behaviourIn(header.flags));
    const { input } = inputOf(request.dir, network);
    await execute(request, { header, capsules, network, meter }, input, () => {});
    return meter;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

async function admitAll({
  folders,
  cwd,
  trust,
  cacheDir,
}: WhatIfRequest): Promise<readonly VerifiedCapsule[]> {
  const admissions = [];
  for (const folder of folders) admissions.push(await admit(resolve(cwd, folder), folder, trust, cacheDir));
  const [first, ...more] = admissions.flatMap(({ capsule, verdict }) =>
    capsule ? [] : diagnosticsOf(verdict.checks).filter(({ severity }) => severity === 'error'),
  );
  if (first) throw new Failure(first, ...more);
  return admissions.map(({ capsule }) => capsule!);
}

function swapOf(
  { manifest, folder }: VerifiedCapsule,
  recorded: readonly LoadedCapsule[],
  dir: string,
): Swap {
  const { id, version } = manifest;
  const before = recorded.find(capsule => capsule.manifest.id === id);
  if (before) return { id, was: before.manifest.version, is: version };
  return fail('VNES8104', `${id} took no part in this recording, so nothing takes its place`, {
    place: { file: folder },
    expected: recorded.map(capsule => capsule.manifest.id).join(', '),
    found: id,
    help: `see who took part: vnes replay ${dir} --json`,
  });
}

/** The network with the new versions, resolved and placed anew as a run would. */
function replaced(
  recorded: readonly LoadedCapsule[],
  verified: readonly VerifiedCapsule[],
  header: HeaderRecord,
): readonly LoadedCapsule[] {
  const fresh = new Map(verified.map(capsule => [capsule.manifest.id, capsule]));
  if (fresh.size < verified.length) throw new Failure(diagnose('VNES8104', 'two folders hold one capsule'));
  const manifests = recorded.map(({ manifest }) => fresh.get(manifest.id)?.manifest ?? manifest);
  const { bindings } = resolveCapsules({ roots: manifests.map(({ id }) => id), candidates: manifests });
  const zone = knownZone('the run', header.zone);
  return recorded.map(capsule => {
    const now = fresh.get(capsule.manifest.id);
    const wired = { ...capsule, bindings: bindings[capsule.manifest.id] ?? {} };
    if (!now) return wired;
    const { manifest, tree } = now;
    const tier = parseTier(manifest.capabilities.determinism_tier);
    // What the recorded one was given of the machine, the new one gets as it was then.
    const granted = capsule.paths.filter(isGrant);
    const paths = [...now.files.map(({ path }) => path), ...granted];
    const read = (path: string) => (isGrant(path) ? capsule.read(path) : now.read(path));
    return { ...wired, manifest, tree, tier, zone: place(zoneOf(manifest), zone).zone, paths, read };
  });
}

function accountOf(dir: string): Account {
  const account = new Account();
  for (const { record } of readJournal(dir)) if (record.type === 'frame') account.add(record);
  return account;
}

/** The input from outside. Ticks are woven in anew: a new version may have other schedules. */
function inputOf(dir: string, { catalog, subscribers }: Network) {
  const input: IngressEvent[] = [];
  const refused: { input: number; reason: string }[] = [];
  let number = 0;
  for (const { record } of readJournal(dir)) {
    if (record.type !== 'frame') continue;
    for (const { topic, time, key, payload, source } of record.ingress) {
      if (source !== 'ingress') continue;
      const taken = subscribers(topic).length > 0;
      const [violation] = taken ? catalog.check(topic, payload) : [];
      if (!taken) refused.push({ input: number, reason: `no capsule takes ${topic} any more` });
      else if (violation)
        refused.push({
          input: number,
          reason: `${topic}: ${violation.pointer || 'the payload'} ${violation.message}`,
        });
      else input.push({ topic, time, key, payload, source });
      number += 1;
    }
  }
  return { input, refused };
}
