import { canonicalJson } from '../base/canonical.ts';
import { mishapsIn } from '../kernel/befallen.ts';
import { bind, type LoadedCapsule, type Network } from '../kernel/binding.ts';
import { conditionsOf } from '../kernel/conditions/disturbed.ts';
import type { Watch } from '../kernel/invariants/watch.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { refuseOtherMachine } from '../kernel/machines.ts';
import { refuseImpossible } from '../kernel/recorded.ts';
import { readCapsules, recordedDisturbance } from '../kernel/recording.ts';
import { sealOf } from '../kernel/run.ts';
import { openSession, type Session, type SessionOptions } from '../kernel/session.ts';
import { bodyOf, snapshotRecord, standingIn } from '../kernel/snapshot.ts';
import { readSnapshot, type Snapshot } from '../kernel/snapshot-file.ts';
import { isSameNetwork, standingOfSuccessor } from '../kernel/successor.ts';
import { Taken } from '../kernel/taken.ts';
import { Tally } from '../kernel/tally.ts';
import type { Timing } from '../kernel/timing.ts';
import { baseOf, basePath } from '../store/base.ts';
import type { Disk } from '../store/disk.ts';
import { behaviourIn } from '../store/flags.ts';
import type { JournalEntry, Unproven } from '../store/read.ts';
import type { FrameRecord, HeaderRecord, SealRecord, SnapshotRecord } from '../store/record.ts';
import { fedChoice, reconcilesOf } from './choice.ts';
import type { Divergence } from './divergence.ts';
import { Lookahead, type Stop } from './lookahead.ts';
import { impossibleHeader } from './open.ts';
import { Tape } from './tape.ts';
import type { Comparison } from './tiers.ts';

export interface RerunOptions {
  readonly timing: Timing;
  readonly cacheDir?: string | undefined;
  /** Number of the record of the snapshot to begin with; what comes before it is not executed. */
  readonly from?: number | undefined;
  /** Whether capsules below D0 may run in less than their zone asks for. */
  readonly weaker?: boolean | undefined;
  readonly disk?: Disk | undefined;
  /** What is asked of each capsule, by id. */
  comparisons(capsules: readonly LoadedCapsule[]): ReadonlyMap<string, Comparison>;
  /** Told of every frame that agreed, in order. */
  readonly onFrame?: ((record: FrameRecord) => void) | undefined;
}

/** What a rerun executes at the moment. */
export interface Cast {
  readonly header: HeaderRecord;
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly comparisons: ReadonlyMap<string, Comparison>;
  readonly session: Session;
  readonly lookahead: Lookahead;
}

/**
 * Executes a recording again, record by record, on the real kernel: recorded input, recorded code, each frame held against the recorded
 * one, while the kernel goes on. Where a branch leaves its parent with other capsules, all instances are made anew, as they were then.
 */
export class Rerun {
  readonly tally = new Tally();
  readonly taken = new Taken();
  readonly tape = new Tape();
  private readonly options: RerunOptions;
  private current: Cast | undefined;
  /** Deliveries that were executed, and not fed back. */
  executed = 0;
  /** Before the snapshot to begin with, what was recorded is fed back. */
  private executing: boolean;
  private stop: Stop | undefined;

  constructor(options: RerunOptions) {
    this.options = options;
    this.executing = options.from === undefined;
  }

  /** @throws Error before the first record */
  get cast(): Cast {
    if (!this.current) throw new Error('a rerun begins with a header');
    return this.current;
  }

  get kernel(): Kernel {
    return this.cast.session.kernel;
  }

  /** The recorded frame that did not agree, if one did not. */
  get disagreed(): FrameRecord | undefined {
    return this.stop?.recorded;
  }

  /** What the kernel ended with. */
  get seal(): SealRecord {
    return this.stop?.seal ?? sealOf(this.kernel);
  }

  /**
   * Takes the next record; says in what a record up to it differs from what happens now. A frame may be judged later, when others are taken.
   * @throws Failure VNES5xxx, VNES6002, VNES8102
   */
  async take(entry: JournalEntry): Promise<Divergence | undefined> {
    const { record } = entry;
    if (record.type === 'boot') return undefined;
    if (record.type === 'frame') return this.frame(record, entry.unproven);
    return (await this.settle()) ?? this.step(entry);
  }

  /** Judges every frame that was taken. @throws Failure VNES5xxx */
  async settle(): Promise<Divergence | undefined> {
    return this.stopped(await this.current?.lookahead.settle());
  }

  private async step({ record, dir, number, base }: JournalEntry): Promise<Divergence | undefined> {
    if (base) return this.beginWith(readSnapshot(basePath(dir), this.options.disk), dir, number);
    if (record.type === 'header') await this.enter(record, dir);
    if (record.type === 'snapshot') return this.snapshot(record, number);
    if (record.type === 'seal') return sealDivergence(record, this.kernel);
    return undefined;
  }

  private stopped(stop: Stop | undefined): Divergence | undefined {
    this.stop ??= stop;
    return stop?.divergence;
  }

  /** Hands the kernel on as it stands, when all frames were judged; what it still does is held against nothing. */
  release(): Session {
    this.tape.end();
    this.kernel.foresee(undefined);
    return this.cast.session;
  }

  /** Tells a watch what was before the first record of a recording whose history was dropped. */
  restore(watch: Watch, { dir }: JournalEntry): void {
    const { place } = baseOf(dir, this.options.disk)!;
    watch.restore(this.kernel.state.lastWrites(), this.tally.data().topics, place.watched);
  }

  async close(): Promise<void> {
    await this.current?.session.close();
  }

  private async enter(header: HeaderRecord, dir: string): Promise<void> {
    const capsules = readCapsules(dir, header, this.options.disk);
    refuseImpossible(dir, header, capsules);
    const before = this.current;
    const { parent } = header;
    if (before && parent && !settingsAgree(before.header, header))
      impossibleHeader(
        dir,
        'it goes on with another seed, start, frame size or other checks than its parent',
      );
    if (before && parent?.instances === 'kept') {
      if (!isSameNetwork(before.header.capsules, header.capsules))
        impossibleHeader(dir, 'it keeps the instances of its parent and has other capsules');
      this.current = { ...before, header, capsules };
      return;
    }
    const network = await bind(capsules, behaviourIn(header.flags));
    await this.open(header, capsules, network, before && (await this.succession(before, header)));
  }

  private async open(
    header: HeaderRecord,
    capsules: readonly LoadedCapsule[],
    network: Network,
    from: SessionOptions['from'],
  ): Promise<void> {
    const { timing, cacheDir, weaker } = this.options;
    const comparisons = this.executing ? this.options.comparisons(capsules) : fedBack(capsules);
    await refuseOtherMachine(header, capsules, id => comparisons.get(id) !== 'recorded');
    const rung = fedChoice(comparisons, this.tape);
    const { seed } = header;
    const conditions = this.current?.session.kernel.conditions ?? conditionsOf(recordedDisturbance(header));
    const given = { timing, conditions, cacheDir, weaker, rung, from };
    const session = await openSession({ capsules, network, seed, ...given });
    const lookahead = new Lookahead(reconcilesOf(capsules, comparisons), agreed => this.agree(agreed));
    session.kernel.foresee(lookahead);
    this.current = { header, capsules, network, comparisons, session, lookahead };
  }

  private agree(record: FrameRecord): void {
    this.tally.add(record);
    this.taken.add(record);
    this.executed += this.executedIn(record);
    this.options.onFrame?.(record);
  }

  private executedIn({ deliveries }: FrameRecord): number {
    const { comparisons } = this.cast;
    return deliveries.filter(({ to, outcome }) => outcome !== 'skipped' && comparisons.get(to) !== 'recorded')
      .length;
  }

  /** Makes every instance anew, as it was then; the first of those that are asked for lets capsules begin to be executed. */
  private async snapshot(record: SnapshotRecord, number: number): Promise<Divergence | undefined> {
    const { kernel } = this;
    const actual = snapshotRecord(bodyOf(kernel, { ...this, header: this.cast.header }));
    const what = (['logRoot', 'stateRoot', 'digest'] as const).find(field => record[field] !== actual[field]);
    if (what) return outsideFrames(kernel, `snapshot ${what}`, actual[what], record[what]);
    if (number === this.options.from) await this.begin();
    else await kernel.renew();
    return undefined;
  }

  /** Begins where the recording begins now, since what was before was dropped. */
  private async beginWith(snapshot: Snapshot, dir: string, number: number): Promise<undefined> {
    const { body, state } = snapshot;
    const { header } = body;
    const capsules = readCapsules(dir, header, this.options.disk);
    refuseImpossible(dir, header, capsules);
    this.tally.restore(body.tally);
    this.taken.begin(body.taken, snapshot.ids);
    this.executing ||= number === this.options.from;
    const network = await bind(capsules, behaviourIn(header.flags));
    await this.open(header, capsules, network, { standing: standingIn(body), state });
  }

  /** Ends what was fed so far and begins to execute where it stands. */
  private async begin(): Promise<void> {
    const { session, header, capsules, network } = this.cast;
    const standing = session.kernel.standing();
    const { state } = session.kernel;
    await session.close();
    this.executing = true;
    await this.open(header, capsules, network, { standing, state });
  }

  /** Ends what ran before and says where its successor stands. */
  private async succession({ session, header }: Cast, next: HeaderRecord) {
    const { kernel } = session;
    await session.close();
    return {
      standing: standingOfSuccessor(kernel.standing(), header.capsules, next.capsules),
      state: kernel.state,
    };
  }

  private async frame(record: FrameRecord, unproven: Unproven | undefined): Promise<Divergence | undefined> {
    const { kernel, cast, tape } = this;
    if (record.ingress.length === 0 && !kernel.busy) {
      const earlier = await this.settle();
      if (!earlier) unproven?.prove();
      return earlier ?? outsideFrames(kernel, 'frame', 'nothing, for no event was left');
    }
    // What befell sandboxes is looked up on the tape, by those that work on this frame alone.
    const before = mishapsIn(record.decisions).length > 0 ? await this.settle() : undefined;
    if (before) return before;
    tape.turn(record);
    cast.lookahead.begin(record, unproven);
    try {
      await kernel.frame(record.ingress);
    } catch (error) {
      cast.lookahead.abandon();
      const earlier = await this.settle();
      if (earlier) return earlier;
      unproven?.prove();
      throw error;
    }
    return this.stopped(await cast.lookahead.catchUp());
  }
}

/** Nothing is executed. */
export function fedBack(capsules: readonly LoadedCapsule[]): ReadonlyMap<string, Comparison> {
  return new Map(capsules.map(({ manifest }) => [manifest.id, 'recorded']));
}

function settingsAgree(before: HeaderRecord, after: HeaderRecord): boolean {
  const settings = ({ seed, epoch, frameIngress, zone, disturbance, flags }: HeaderRecord) =>
    canonicalJson({
      seed,
      epoch,
      frameIngress,
      zone,
      disturbance: disturbance ?? null,
      ...behaviourIn(flags),
    });
  return settings(before) === settings(after);
}

/** The frames agree; so must the roots, or the seal speaks of another run. */
function sealDivergence(recorded: SealRecord, kernel: Kernel): Divergence | undefined {
  const actual = sealOf(kernel);
  if (kernel.busy) return outsideFrames(kernel, 'seal', 'another frame, for events were left');
  const what = (['frames', 'events', 'logRoot', 'stateRoot'] as const).find(
    field => recorded[field] !== actual[field],
  );
  if (what === undefined) return undefined;
  return outsideFrames(kernel, `seal ${what}`, String(actual[what]), String(recorded[what]));
}

/** A difference that belongs to no delivery, after the last frame that agreed. */
function outsideFrames(kernel: Kernel, what: string, actual: string, recorded = `a ${what}`): Divergence {
  return {
    frame: Math.max(0, kernel.frameCount - 1),
    event: Math.max(0, kernel.eventCount - 1),
    capsule: 'kernel',
    what,
    recorded,
    actual,
  };
}
