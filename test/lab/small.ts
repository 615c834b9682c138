import { sha256 } from '../../src/base/digest.ts';
import { parseManifest } from '../../src/capsule/parse.ts';
import { bind, type LoadedCapsule } from '../../src/kernel/binding.ts';
import { writeHeader } from '../../src/kernel/recording.ts';
import { runReport } from '../../src/kernel/report.ts';
import { resultsOf, writeResults } from '../../src/kernel/results.ts';
import { Fold } from '../../src/lab/fold.ts';
import { type Disk, nodeDisk } from '../../src/store/disk.ts';
import { USUAL } from '../../src/store/flags.ts';
import { createJournal, type JournalWriter } from '../../src/store/journal.ts';
import type { FrameRecord, JournalRecord, SealRecord } from '../../src/store/record.ts';
import { ORDER, OUT, probeManifest } from '../kernel/manifest.ts';
import { event, frame, write } from '../store/recording.ts';

const FILES: Readonly<Record<string, string>> = {
  'manifest.json': JSON.stringify(probeManifest('test.one')),
  'spec/schemas/order.json': ORDER,
  'spec/schemas/out.json': OUT,
  // Nothing compiles it.
  'impl/capsule.wasm': '\0asm',
};

const CAPSULE: LoadedCapsule = {
  manifest: parseManifest(Buffer.from(FILES['manifest.json']!), 'manifest.json'),
  tree: sha256('tree'),
  zone: 'system',
  tier: 'D0_bit_exact',
  bindings: {},
  paths: Object.keys(FILES),
  read: path => Buffer.from(FILES[path]!),
};

const NETWORK = await bind([CAPSULE], USUAL);
const SETTINGS = { seed: '7', epoch: 1000, frameIngress: 2, zone: 'system' } as const;

/** Frames of which each takes one order, says one number to the outside and counts it in the state. */
export function someFrames(count: number): FrameRecord[] {
  return Array.from({ length: count }, (_, number) => {
    const order = event(2 * number, { do: 'count' }, 'probe.order.v1', number);
    const out = event(2 * number + 1, { n: number }, 'probe.out.v1', number);
    return frame(number, {
      ingress: [order],
      deliveries: [{ event: order.seq, to: 'test.one', outcome: 'ok' }],
      published: [{ ...out, source: 'test.one', cause: order.seq }],
      writes: [write('test.one/count', number + 1, number + 1, order.seq)],
    });
  });
}

export interface Told {
  /** Before a group is appended, and after it is acknowledged. */
  appending(group: readonly JournalRecord[], journal: JournalWriter): void;
  acknowledged(group: readonly JournalRecord[]): void;
}

const NOBODY: Told = { appending: () => {}, acknowledged: () => {} };

/** Does to a disk what `run` does, in its order: journal, objects, header, frames, seal, results. Nothing executes. */
export function recordSmall(
  dir: string,
  frames: readonly FrameRecord[],
  {
    disk = nodeDisk,
    segmentBytes = 900,
    told = NOBODY,
  }: { disk?: Disk; segmentBytes?: number; told?: Told } = {},
): void {
  const fold = new Fold(NETWORK);
  const journal = createJournal(dir, { disk, segmentBytes });
  const append = (...group: JournalRecord[]): void => {
    told.appending(group, journal);
    journal.append(group);
    for (const record of group) fold.add(record);
    told.acknowledged(group);
  };
  try {
    append(writeHeader(dir, SETTINGS, [CAPSULE], USUAL, { disk }), boot('trust', 1));
    for (const one of frames) append(one);
    append(boot('unload', 7), sealOf(fold, frames));
    const { seal, tally, outputs, invariants } = fold;
    const outcome = { seal: seal!, head: journal.head, tally, outputs, invariants };
    const report = runReport(SETTINGS, [CAPSULE], outcome, new Map());
    writeResults(dir, resultsOf(outputs, report), disk);
  } finally {
    journal.close();
  }
}

function boot(event: string, stage: number): JournalRecord {
  return { type: 'boot', stage, event, detail: {} };
}

function sealOf({ logRoot, state }: Fold, frames: readonly FrameRecord[]): SealRecord {
  const events = frames.reduce((sum, { ingress, published }) => sum + ingress.length + published.length, 0);
  return { type: 'seal', frames: frames.length, events, logRoot, stateRoot: state.root() };
}
