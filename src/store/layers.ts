import { type Digest, toDigest } from '../base/digest.ts';
import { baseOf } from './base.ts';
import { type Fork, hasJournal, lineageOf, unusable } from './branch.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { readFrames, type StoredFrame } from './scan.ts';

/** A record of a recording that may go on from others. */
export interface LayeredRecord extends StoredFrame {
  /** From 0, counted from the very beginning. */
  readonly number: number;
  /** Folder of the recording that holds it. */
  readonly dir: string;
  /** With the first record of a branch's own journal: where it leaves its parent. */
  readonly fork?: Fork;
  /** With the first record of a recording whose beginning was dropped: the digest of the snapshot that it begins with. */
  readonly base?: Digest;
}

/**
 * The records of the recording in `dir` from the very beginning: those of the recordings that it goes on from, each up to where the
 * next one leaves it, and then its own. Each is proven by checksum and chain, and each fork by the head of the chain there.
 * @returns the fork of a branch that nothing has gone on from yet, which has no records of its own.
 * @throws Failure VNES8001, VNES8003, VNES8032 when a fork is no place in its parent.
 */
export function* readLayers(dir: string, disk: Disk = nodeDisk): Generator<LayeredRecord, Fork | undefined> {
  let fork: Fork | undefined;
  for (const { dir: layer, until, file } of lineageOf(dir, disk)) {
    if (!until && fork && !hasJournal(layer, disk)) return fork;
    yield* readLayer(layer, disk, fork, until && { ...until, file: file! });
    fork = until;
  }
  return undefined;
}

type Until = Fork & { readonly file: string };

function* readLayer(
  dir: string,
  disk: Disk,
  fork: Fork | undefined,
  until: Until | undefined,
): Generator<LayeredRecord, void> {
  const before = fork?.records ?? 0;
  const base = baseOf(dir, disk);
  const first = base?.place.records ?? 0;
  for (const record of readFrames(dir, disk)) {
    const number = before + record.record;
    const begins = record.record > first ? {} : base ? { base: base.digest } : fork ? { fork } : {};
    yield { ...record, number, dir, ...begins };
    if (number + 1 === until?.records) return holdTo(until, record);
  }
  if (until) unusable(until.file, `a place after record ${until.records}, which the parent does not have`);
}

/** The parent must have had at the fork the head that the branch says, or it is another recording. */
function holdTo({ head, records, file }: Until, { chain }: StoredFrame): void {
  if (toDigest(chain) !== head)
    unusable(file, `${head} as the head after ${records} records, where the parent has ${toDigest(chain)}`);
}
