import { type Diagnostic, diagnose, warn } from '../base/diagnostic.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import { capsuleName, isTest } from '../capsule/manifest.ts';
import type { HeaderRecord } from '../store/record.ts';
import type { LoadedCapsule } from './binding.ts';
import type { Grades } from './quarantine/grades.ts';
import { REPORT_VERSION } from './report-version.ts';
import type { RunOutcome } from './run.ts';
import type { CapsuleCounts, Tally } from './tally.ts';

/**
 * What a run amounts to (schemas/run-report.schema.json). A function of the recording alone: no clock, no path, so that two
 * runs of the same input give the same bytes.
 */
export function runReport(
  settings: Pick<HeaderRecord, 'seed' | 'epoch' | 'zone'>,
  capsules: readonly LoadedCapsule[],
  outcome: Omit<RunOutcome, 'capsules'>,
  grades: Grades,
): JsonObject {
  const { seal, head, tally, outputs, invariants } = outcome;
  return {
    schemaVersion: REPORT_VERSION,
    seed: settings.seed,
    epoch: settings.epoch,
    zone: settings.zone,
    frames: seal.frames,
    events: seal.events,
    ingress: tally.ingress,
    deliveries: tally.deliveries,
    flow: { ...tally.flow },
    outputs: outputs.length,
    topics: inKeyOrder(Object.fromEntries(tally.topics)),
    capsules: inOrder(capsules).map(capsule => capsuleReport(capsule, tally, grades)),
    // Recordings from before there were invariants must keep the report that they have.
    ...(invariants.length > 0 ? { invariants: invariants as unknown as JsonValue } : {}),
    logRoot: seal.logRoot,
    stateRoot: seal.stateRoot,
    head,
  };
}

function inKeyOrder<T extends JsonValue>(values: Readonly<Record<string, T>>): JsonObject {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => compareCodeUnits(a, b)));
}

function inOrder(capsules: readonly LoadedCapsule[]): LoadedCapsule[] {
  return [...capsules].sort((a, b) => compareCodeUnits(a.manifest.id, b.manifest.id));
}

function capsuleReport(
  { manifest, tree, zone, tier, weakened, bindings }: LoadedCapsule,
  tally: Tally,
  grades: Grades,
): JsonObject {
  const counts = tally.of(manifest.id);
  const { deliveries, published, writes, suspended, sandboxes } = counts;
  return {
    id: manifest.id,
    version: manifest.version,
    ...grades.get(capsuleName(manifest)),
    tree,
    zone,
    tier,
    ...(weakened === undefined ? {} : { weakened }),
    bindings: inKeyOrder(bindings),
    deliveries,
    published,
    writes,
    suspended,
    ...(sandboxes === undefined ? {} : { sandboxes }),
  };
}

/** One diagnostic for each capsule that failed, that was suspended, and whose sandbox died. What tests find is told as invariants are. */
export function failures(
  tally: Tally,
  recording: string,
  capsules: readonly Pick<LoadedCapsule, 'manifest'>[],
): Diagnostic[] {
  const tests = new Set(
    capsules.filter(({ manifest }) => isTest(manifest)).map(({ manifest }) => manifest.id),
  );
  return [...tally.capsules]
    .filter(([capsule]) => !tests.has(capsule))
    .sort(([a], [b]) => compareCodeUnits(a, b))
    .flatMap(([capsule, counts]) => [
      ...failed(capsule, counts, recording),
      ...suspended(capsule, counts),
      ...died(capsule, counts),
    ]);
}

function failed(
  capsule: string,
  { deliveries, firstFailure }: CapsuleCounts,
  recording: string,
): Diagnostic[] {
  if (!firstFailure) return [];
  const kinds = (['error', 'trap', 'fault'] as const).filter(kind => deliveries[kind] > 0);
  const counts = kinds.map(kind => `${deliveries[kind]} ended in ${kind}`).join(', ');
  return [
    diagnose('VNES6001', `${capsule} failed: ${counts}, ${deliveries.ok} ended well`, {
      expected: 'every delivery to end well',
      found: `${firstFailure.outcome} on event ${firstFailure.event}: ${firstFailure.message}`,
      help: `${explained(firstFailure)}look at the event: vnes bus log ${recording} --from ${firstFailure.event} --limit 1`,
    }),
  ];
}

/** Faults are told in our words, some of which begin with a code. */
function explained({ outcome, message }: NonNullable<CapsuleCounts['firstFailure']>): string {
  const code = outcome === 'fault' ? /^VNES\d{4}(?=: )/.exec(message)?.[0] : undefined;
  return code === undefined ? '' : `vnes explain ${code}; `;
}

function suspended(capsule: string, { suspended, deliveries }: CapsuleCounts): Diagnostic[] {
  if (!suspended) return [];
  return [
    warn('VNES6005', `${capsule} was suspended after it broke down again and again`, {
      found: `${deliveries.skipped} deliveries skipped`,
    }),
  ];
}

function died(capsule: string, { sandboxes }: CapsuleCounts): Diagnostic[] {
  if (!sandboxes) return [];
  const { revived, abandoned } = sandboxes;
  return [
    warn('VNES6006', `the sandbox of ${capsule} died, for no reason that another run would meet`, {
      expected: 'a sandbox that lasts as long as the run',
      found: `began anew: ${revived}, deliveries abandoned: ${abandoned}`,
      help: 'the recording says where and why, and replays without it; look at the memory and the load of this machine',
    }),
  ];
}
