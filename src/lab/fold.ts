import type { Digest } from '../base/digest.ts';
import { EMPTY_LOG_ROOT, extendLogRoot } from '../bus/root.ts';
import type { BusEvent } from '../capsule/event.ts';
import type { Network } from '../kernel/binding.ts';
import type { Invariants } from '../kernel/invariants/prepare.ts';
import type { InvariantVerdict, Watch } from '../kernel/invariants/watch.ts';
import { outputsOf } from '../kernel/run.ts';
import { readSnapshot, type Snapshot } from '../kernel/snapshot-file.ts';
import { Tally } from '../kernel/tally.ts';
import { StateTable } from '../state/memory.ts';
import { basePath } from '../store/base.ts';
import type { Disk } from '../store/disk.ts';
import type { JournalEntry } from '../store/read.ts';
import type { BootRecord, JournalRecord, SealRecord } from '../store/record.ts';
import type { WatchedSoFar } from '../store/watched.ts';

/** What the records of a journal add up to, without running anything. */
export class Fold {
  readonly state = new StateTable();
  readonly tally = new Tally();
  /** What the network said to the outside; empty when the network is not known. */
  readonly outputs: BusEvent[] = [];
  logRoot: Digest = EMPTY_LOG_ROOT;
  seal: SealRecord | undefined;
  /** The steps of the boot and of the capsules' lifecycles. */
  readonly boot: BootRecord[] = [];
  private readonly network: Network | undefined;
  private readonly watch: Watch | undefined;

  constructor(network?: Network, invariants?: Invariants) {
    this.network = network;
    this.watch = invariants?.watch();
  }

  /** A run that goes on from another says what it says itself, and boots anew; all counts go on. */
  private begin(): void {
    this.outputs.length = 0;
    this.boot.length = 0;
  }

  /** Takes over what was dropped of a recording that begins with a snapshot. */
  restore({ place, body, state }: Snapshot): void {
    this.logRoot = body.logRoot;
    this.state.restore(state.lastWrites());
    this.tally.restore(body.tally);
    this.watch?.restore(state.lastWrites(), body.tally.topics, place.watched);
  }

  /** Adds an entry of a journal, with what was dropped before it. */
  take({ record, base, dir }: JournalEntry, disk?: Disk): void {
    if (base) this.restore(readSnapshot(basePath(dir), disk));
    this.add(record);
  }

  /** What has broken so far, by the names of the invariants. */
  get broken(): WatchedSoFar['broken'] {
    return this.watch?.broken ?? {};
  }

  get invariants(): readonly InvariantVerdict[] {
    return this.watch?.verdicts() ?? [];
  }

  add(record: JournalRecord): void {
    if (record.type === 'seal') {
      this.seal = record;
      this.watch?.end();
    }
    if (record.type === 'header') this.begin();
    if (record.type === 'boot') this.boot.push(record);
    if (record.type !== 'frame') return;
    for (const event of [...record.ingress, ...record.published])
      this.logRoot = extendLogRoot(this.logRoot, event);
    this.state.apply(record.writes);
    this.tally.add(record);
    this.watch?.add(record);
    if (this.network) for (const event of outputsOf(record, this.network)) this.outputs.push(event);
  }
}
