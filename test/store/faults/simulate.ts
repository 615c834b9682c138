import { Failure } from '../../../src/base/diagnostic.ts';
import type { JournalWriter } from '../../../src/store/journal.ts';
import type { JournalRecord } from '../../../src/store/record.ts';
import { recordSmall, someFrames } from '../../lab/small.ts';
import { complaint, DIR, Ledger } from './oracle.ts';
import { type Chance, failure, type Operation, SimDisk, seeded } from './sim-disk.ts';

/** One way of running the workload: how many frames, in segments of which size. */
export interface Workload {
  readonly frames: number;
  readonly segmentBytes: number;
}

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  'a run': { frames: 3, segmentBytes: 1e6 },
  'many frames': { frames: 12, segmentBytes: 1e6 },
  'crossing segments': { frames: 6, segmentBytes: 900 },
  'a segment for each frame': { frames: 4, segmentBytes: 1 },
  'only a seal': { frames: 0, segmentBytes: 1e6 },
};

const work = (disk: SimDisk, { frames, segmentBytes }: Workload, told: Ledger): void =>
  recordSmall(DIR, someFrames(frames), { disk, segmentBytes, told });

/** Thrown with what reproduces it. */
function refuse(problem: string | undefined, ...where: unknown[]): void {
  if (problem !== undefined) throw new Error(`${problem} (${where.join(', ')})`);
}

export interface Cuts {
  /** Losses of power after each operation, each with other fortune. */
  readonly each: number;
  /** Whether a sync is acknowledged without being done. */
  readonly lying?: (operation: Operation, chance: Chance) => boolean;
  /** Whether the oracle is told of that; if not, it must complain. */
  readonly told?: boolean;
}

/** Runs the workload and lets the power fail after every operation. Returns the number of states that were looked at. */
export function powerCuts(name: string, seed: number, { each, lying, told = true }: Cuts): number {
  const lies = lying !== undefined && told;
  const chance = seeded(seed);
  const disk = new SimDisk();
  const ledger = new Ledger();
  let states = 0;
  if (lying) disk.lies = operation => lying(operation, chance);
  disk.after = operation => {
    refuse(complaint(disk.copy(), ledger), name, 'killed after', operation, states);
    for (let cut = 0; cut < each; cut += 1, states += 1)
      refuse(complaint(disk.crash(chance), ledger, lies), name, `seed ${seed}`, `state ${states}`, operation);
  };
  work(disk, WORKLOADS[name]!, ledger);
  for (let cut = 0; cut < each; cut += 1, states += 1)
    refuse(complaint(disk.crash(chance), ledger, lies), name, `seed ${seed}`, 'at the end');
  return states;
}

/** Tears every write to the journal at every `step`-th byte of it. Returns the number of states. */
export function tornWrites(name: string, step = 1): number {
  const disk = new SimDisk();
  const ledger = new Ledger();
  let states = 0;
  const sizes = new Map<string, number>();
  disk.after = operation => {
    if (operation !== 'write') return;
    for (const path of disk.files().filter(each => each.endsWith('.vnj'))) {
      const bytes = disk.bytes(path);
      for (let size = sizes.get(path) ?? 0; size < bytes.length; size += step, states += 1) {
        const torn = disk.copy();
        torn.spoil(path, bytes.subarray(0, size));
        refuse(complaint(torn, ledger), name, path, `torn at ${size}`);
      }
      sizes.set(path, bytes.length);
    }
  };
  work(disk, WORKLOADS[name]!, ledger);
  return states;
}

/** Operations of the workload on a disk without faults. */
export function countOperations(name: string): number {
  const disk = new SimDisk();
  let count = 0;
  disk.before = () => {
    count += 1;
  };
  work(disk, WORKLOADS[name]!, new Ledger());
  return count;
}

/**
 * Lets one operation fail once, and every later one succeed. The writer must end with VNES8005 and acknowledge nothing more, and the
 * disk must hold what the oracle asks, before and after a loss of power. Returns the operation that failed.
 */
export function faultAt(name: string, call: number, code: string): Operation {
  const disk = new SimDisk();
  const ledger = new Tried();
  let calls = 0;
  let failed: Operation | undefined;
  disk.before = operation => {
    calls += 1;
    if (calls !== call) return;
    failed = operation;
    throw failure(code);
  };
  const ended = outcomeOf(() => work(disk, WORKLOADS[name]!, ledger));
  const where = [name, code, `call ${call}`, failed];
  // Reading back is no part of recording, and what was synced does not need the close.
  const harmless = failed === 'open' || failed === 'read' || failed === 'size' || failed === 'close';
  if (ended !== 'VNES8005' && !(harmless && ended === 'done')) refuse(`it ended with ${ended}`, ...where);
  if (ended !== 'done') refuse(ledger.writerGoesOn(), ...where);
  heldAgainst(disk, ledger, where);
  return failed!;
}

/** Runs the workload on a disk of `space` bytes that gets space again after it was full. */
export function fullDisk(name: string, space: number): string {
  const disk = new SimDisk();
  const ledger = new Tried();
  disk.space = space;
  const ended = outcomeOf(() => work(disk, WORKLOADS[name]!, ledger));
  disk.space = Number.POSITIVE_INFINITY;
  const where = [name, `space ${space}`];
  if (ended !== 'VNES8005' && ended !== 'done') refuse(`it ended with ${ended}`, ...where);
  if (ended !== 'done') refuse(ledger.writerGoesOn(), ...where);
  heldAgainst(disk, ledger, where);
  return ended;
}

/** Runs the workload on a disk that takes `piece` bytes at a time. */
export function shortWrites(name: string, piece: number): void {
  const disk = new SimDisk();
  const ledger = new Ledger();
  disk.piece = piece;
  work(disk, WORKLOADS[name]!, ledger);
  heldAgainst(disk, ledger, [name, `pieces of ${piece}`]);
}

function heldAgainst(disk: SimDisk, ledger: Ledger, where: unknown[]): void {
  disk.before = () => {};
  refuse(complaint(disk.copy(), ledger), ...where);
  const chance = seeded(1);
  for (let cut = 0; cut < 4; cut += 1) refuse(complaint(disk.crash(chance), ledger), ...where, `cut ${cut}`);
}

/** Keeps the writer, to try it again when it has failed. */
class Tried extends Ledger {
  private journal: JournalWriter | undefined;
  private group: readonly JournalRecord[] = [];

  override appending(group: readonly JournalRecord[], journal: JournalWriter): void {
    super.appending(group, journal);
    this.journal = journal;
    this.group = group;
  }

  /** What is wrong when the same group is appended again. */
  writerGoesOn(): string | undefined {
    if (!this.journal || this.acked === this.appended.length) return undefined;
    try {
      this.journal.append(this.group);
      return 'a writer that failed acknowledges more';
    } catch (error) {
      return error instanceof Failure && error.diagnostics[0].code === 'VNES8005' ? undefined : String(error);
    }
  }
}

function outcomeOf(work: () => void): string {
  try {
    work();
    return 'done';
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0].code;
    throw error;
  }
}
