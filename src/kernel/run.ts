import type { Digest } from '../base/digest.ts';
import type { BusEvent } from '../capsule/event.ts';
import { capsuleName } from '../capsule/manifest.ts';
import type { Fork } from '../store/branch.ts';
import { createJournal, type JournalOrigin, type JournalWriter } from '../store/journal.ts';
import type { FrameRecord, HeaderRecord, Parent, SealRecord } from '../store/record.ts';
import type { LoadedCapsule, Network } from './binding.ts';
import { type Booted, STAGES } from './boot.ts';
import { conditionsOf } from './conditions/disturbed.ts';
import { skewed } from './conditions/skew.ts';
import type { IngressEvent } from './ingress.ts';
import type { Invariants } from './invariants/prepare.ts';
import type { InvariantVerdict, Watch } from './invariants/watch.ts';
import type { Kernel } from './kernel.ts';
import { machineOf } from './machines.ts';
import { type RunSettings, writeHeader } from './recording.ts';
import { weaveSchedules } from './schedules.ts';
import { openSession, type Session } from './session.ts';
import { bodyOf, isDue, snapshotRecord } from './snapshot.ts';
import { countedAt } from './standing.ts';
import { type LastTaken, Taken } from './taken.ts';
import { Tally } from './tally.ts';
import type { Timing } from './timing.ts';

export interface RunRequest {
  /** An empty folder for the recording. */
  readonly dir: string;
  readonly settings: RunSettings;
  readonly booted: Loaded;
  readonly network: Network;
  readonly input: readonly IngressEvent[];
  readonly timing: Timing;
  readonly invariants: Invariants;
  readonly cacheDir?: string | undefined;
  /** Whether capsules below D0 may run in less than their zone asks for; it is recorded where they do. */
  readonly weaker?: boolean | undefined;
  /** What the run goes on from; nothing for one that begins by itself. */
  readonly origin?: Origin | undefined;
  /** Told of every frame once it is durable. */
  readonly onFrame?: (record: FrameRecord) => void;
}

/** A run that goes on from another. */
export interface Origin {
  readonly parent: Parent;
  /** Stands where the run leaves its parent; it is closed in the end. */
  readonly session: Session;
  /** What the parent had counted, and how far it had taken its input. */
  readonly tally: Tally;
  readonly taken: Taken;
  /** Whether the last step before the fork was a snapshot. */
  readonly snapshotted: boolean;
  /** Has seen what the parent did. */
  readonly watch: Watch;
}
/** What a run needs of a boot. */
export type Loaded = Pick<Booted, 'records' | 'lifecycle' | 'capsules'>;

/** What a finished run amounts to. */
export interface RunOutcome {
  readonly seal: SealRecord;
  /** Head of the journal's hash chain. */
  readonly head: Digest;
  readonly tally: Tally;
  /** Events on topics that no capsule of the run takes: what the network says to the outside. */
  readonly outputs: readonly BusEvent[];
  readonly invariants: readonly InvariantVerdict[];
  /** The capsules as they were isolated. */
  readonly capsules: readonly LoadedCapsule[];
}

/**
 * Runs a network over its input and records it: each frame is durable before the next one is true, and a seal ends the recording. While it is
 * written, the sandboxes work on the next already: what they do has no effect but by its own frame.
 * @throws Failure VNES5xxx, VNES6xxx, VNES7xxx; the recording then has no seal but holds every frame that was committed.
 */
export async function run(request: RunRequest): Promise<RunOutcome> {
  const { dir, settings, booted, input, origin } = request;
  const session = origin?.session ?? (await openOwn(request));
  const capsules = booted.capsules.map(capsule => withWeakened(capsule, session.weakened));
  try {
    const machine = await machineOf(capsules);
    const parent = origin?.parent;
    const journal = createJournal(dir, {}, parent && originOf(parent, session.kernel));
    try {
      enterAll(booted, 'start', STAGES.binding);
      suspendThose(booted, session.kernel.standing().health.suspended);
      const header = writeHeader(dir, settings, capsules, request.network.behaviour, {
        parent,
        machine,
        ids: input.some(({ id }) => id !== undefined),
      });
      journal.append([header, ...booted.records.splice(0)]);
      const recorded = await recordFrames(session.kernel, journal, request, header);
      enterAll(booted, 'unload', STAGES.shutdown);
      const seal = sealOf(session.kernel);
      journal.append([...booted.records.splice(0), seal]);
      return { seal, head: journal.head, capsules, ...recorded };
    } finally {
      journal.close();
    }
  } finally {
    await session.close();
  }
}

function openOwn({ booted, settings, network, timing, cacheDir, weaker }: RunRequest): Promise<Session> {
  const { capsules } = booted;
  const { seed, disturbance } = settings;
  const conditions = conditionsOf(disturbance);
  return openSession({ capsules, network, seed, timing, conditions, cacheDir, weaker, enduring: true });
}

function withWeakened(capsule: LoadedCapsule, weakened: ReadonlyMap<string, string>): LoadedCapsule {
  const rung = weakened.get(capsule.manifest.id);
  return rung === undefined ? capsule : { ...capsule, weakened: rung };
}

function originOf(fork: Fork, kernel: Kernel): JournalOrigin {
  return { fork, counted: countedAt(kernel.standing(), kernel.state) };
}

async function recordFrames(
  kernel: Kernel,
  journal: JournalWriter,
  { booted, network, settings, input, invariants, onFrame, origin }: RunRequest,
  header: HeaderRecord,
) {
  const tally = origin?.tally ?? new Tally();
  const taken = origin?.taken ?? new Taken();
  const watch = origin?.watch ?? invariants.watch();
  const outputs: BusEvent[] = [];
  const woven = inputOf(input, network, settings, taken.last);
  const snapshot = async () => {
    await kernel.renew();
    journal.append([snapshotRecord(bodyOf(kernel, { header, tally, taken }))]);
  };
  // The one that was due where the parent is left, when it was cut off before.
  if (origin && !origin.snapshotted && isDue(settings.snapshotEvery, kernel.frameCount)) await snapshot();
  const snapshots = ({ frame }: FrameRecord) => isDue(settings.snapshotEvery, frame + 1);
  for await (const record of frames(kernel, woven, settings.frameIngress, record => !snapshots(record))) {
    suspendAll(booted, record);
    journal.append([record, ...booted.records.splice(0)]);
    tally.add(record);
    taken.add(record);
    watch.add(record);
    for (const event of outputsOf(record, network)) outputs.push(event);
    onFrame?.(record);
    if (snapshots(record)) await snapshot();
  }
  watch.end();
  return { tally, outputs, invariants: watch.verdicts() };
}

/** The input as it comes: by skewed clocks, if the run is disturbed so, and with the ticks of schedules. @throws Failure VNES6004 */
export function inputOf(
  input: readonly IngressEvent[],
  { catalog, schedules }: Network,
  { disturbance, epoch }: Pick<RunSettings, 'disturbance' | 'epoch'>,
  after?: LastTaken,
): readonly IngressEvent[] {
  const partitions = (topic: string) => catalog.topic(topic).partitions;
  return weaveSchedules(
    disturbance ? skewed(input, disturbance, partitions) : input,
    schedules,
    epoch,
    after,
  );
}

/** What a frame says to the outside: events on topics that no capsule of the run takes. */
export function outputsOf({ published }: FrameRecord, network: Network): BusEvent[] {
  return published.filter(({ topic }) => network.leaves(topic));
}

function enterAll({ capsules, lifecycle }: Loaded, event: 'start' | 'unload', stage: number): void {
  for (const { manifest } of capsules) lifecycle.apply(capsuleName(manifest), event, stage);
}

/** Those that were suspended where the run goes on from are so from its start. */
function suspendThose({ capsules, lifecycle }: Loaded, suspended: readonly string[]): void {
  for (const { manifest } of capsules.filter(each => suspended.includes(each.manifest.id)))
    lifecycle.apply(capsuleName(manifest), 'suspend', STAGES.binding, { before: 'the fork' });
}

function suspendAll({ capsules, lifecycle }: Loaded, record: FrameRecord): void {
  for (const { kind, capsule, detail } of record.decisions) {
    const manifest = capsules.find(({ manifest }) => manifest.id === capsule)?.manifest;
    if (kind === 'suspend' && manifest)
      lifecycle.apply(capsuleName(manifest), 'suspend', STAGES.running, detail);
  }
}

/**
 * Frame after frame until the input is used up and nothing waits for delivery. A slow subscriber may hold input back.
 * @param ahead whether the sandboxes may begin to work on the next frame before the caller is done with this one
 */
export async function* frames(
  kernel: Kernel,
  input: readonly IngressEvent[],
  size: number,
  ahead: (record: FrameRecord) => boolean = () => false,
): AsyncGenerator<FrameRecord> {
  let next = 0;
  const begin = () => {
    if (next >= input.length && !kernel.busy) return undefined;
    const offered = input.slice(next, next + size);
    const taken = offered.slice(0, kernel.room(offered));
    next += taken.length;
    const framing = kernel.frame(taken);
    // It is told where it is awaited.
    framing.catch(() => {});
    return framing;
  };
  for (let framing = begin(); framing; framing ??= begin()) {
    const record = await framing;
    framing = ahead(record) ? begin() : undefined;
    yield record;
  }
}

/** The record that ends a recording. */
export function sealOf(kernel: Kernel): SealRecord {
  return {
    type: 'seal',
    frames: kernel.frameCount,
    events: kernel.eventCount,
    logRoot: kernel.logRoot,
    stateRoot: kernel.state.root(),
  };
}
