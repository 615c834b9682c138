import { dirname, join } from 'node:path';
import { errorCode } from '../base/system-error.ts';
import { baseOf } from './base.ts';
import { Damage, type DamagePlace } from './damage.ts';
import { type Disk, nodeDisk } from './disk.ts';
import type { Position } from './engine.ts';
import { readPlain } from './files.ts';
import { CHAIN_START, SEGMENT_HEADER_BYTES } from './frame.ts';
import { type Piece, piecesOf } from './pieces.ts';
import { type JournalEntry, readJournal, recordIn } from './read.ts';
import type { JournalRecord, SnapshotRecord } from './record.ts';
import { START } from './scan.ts';
import { journalFolder, segmentName, segmentNumbers } from './segments.ts';

/** What is still true of a journal: the longest prefix that checksums, chain, shapes and places prove. */
export interface Provable extends Position {
  readonly frames: number;
  readonly events: number;
  readonly sealed: boolean;
}

/** A first and a last number; without a last one, nobody can tell how many followed. */
export type Range = readonly [first: number, last?: number];

/** A stretch of a journal that is not what was written. */
export interface Finding {
  readonly segment: string;
  readonly offset: number;
  /** The byte after it; the offset itself where something is missing. */
  readonly end: number;
  readonly problem: string;
  /** Number of the first record in it, from 0, where that is known. */
  readonly record?: number;
  /** What it may hold: the numbers that what stands around it leaves open. Absent where nothing is missing. */
  readonly frames?: Range;
  readonly events?: Range;
  /** Whether it lies in what had been acknowledged. If not, a crash while it was written explains it. */
  readonly acknowledged: boolean;
}

export interface Survey {
  readonly provable: Provable;
  /** In the order of the journal; empty for one that is sound as far as it goes. */
  readonly findings: readonly Finding[];
  /** Whether it is a branch that nothing has gone on from yet, which has nothing of its own. */
  readonly fresh: boolean;
}

/**
 * Looks at every byte of a journal: what is proven, and every place that is damaged. `visit` is told of each proven record.
 * @throws Failure VNES8001 no recording, VNES8004 an unknown format or flag.
 */
export function surveyJournal(
  dir: string,
  visit: (entry: JournalEntry) => void = () => {},
  disk: Disk = nodeDisk,
): Survey {
  let provable: Provable = { ...START, frames: 0, events: 0, sealed: false };
  try {
    const journal = readJournal(dir, disk);
    for (let next = journal.next(); ; next = journal.next()) {
      if (next.done) return { provable, findings: [], fresh: next.value.fresh };
      const { record, number, chain, base } = next.value;
      if (base && record.type === 'snapshot') provable = { ...provable, ...countsOf(record) };
      provable = { ...after(record, provable), records: number + 1, head: chain };
      visit(next.value);
    }
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { provable, findings: findingsFrom(error, dir, disk, provable), fresh: false };
  }
}

/** The counts before a snapshot. */
function countsOf({ frames, events }: SnapshotRecord) {
  return { frames, events };
}

/** The counts after a record. */
function after(record: JournalRecord, { frames, events }: Provable) {
  if (record.type === 'seal') return { frames, events, sealed: true };
  if (record.type !== 'frame') return { frames, events, sealed: false };
  const count = record.ingress.length + record.published.length;
  return { frames: frames + 1, events: events + count, sealed: false };
}

type Located = Piece & { readonly segment: string };

/** The first damage, which the reader has named, and every one after it. */
function findingsFrom(first: Damage, dir: string, disk: Disk, provable: Provable): Finding[] {
  const { segment, offset } = first.at;
  if (dirname(segment) !== journalFolder(dir)) return [inParent(first, provable)];
  const rest = [...piecesAfter(first.at, dir, disk)];
  const same = rest.findIndex(piece => piece.segment === segment && piece.offset === offset);
  const { end = offset } = rest[same] ?? {};
  const start: Located = { segment, offset, end, problem: first.problem };
  const later = rest.filter((_, index) => index !== same);
  const findings = describe([start, ...later], first.at.record, provable);
  // A crash tears what is being written. It neither takes a segment away, nor writes after the seal, nor gives a sound frame to what does not belong there.
  const explained = first.at.record !== undefined && !provable.sealed && rest[same]?.chain === undefined;
  return explained ? findings : findings.map(finding => ({ ...finding, acknowledged: true }));
}

/** Damage in what a branch goes on from: of that, only the part before the fork counts, and all of it had been acknowledged. */
function inParent({ at, problem }: Damage, { frames, events }: Provable): Finding {
  const { segment, offset } = at;
  return { segment, offset, end: offset, problem, frames: [frames], events: [events], acknowledged: true };
}

/** All pieces from the place of the first damage on. */
function* piecesAfter(at: DamagePlace, dir: string, disk: Disk): Generator<Located, void> {
  const first = baseOf(dir, disk)?.place.segment ?? 1;
  let before = first - 1;
  for (const number of segmentNumbers(dir, disk).filter(each => each >= first)) {
    const missing = join(journalFolder(dir), segmentName(before + 1));
    if (number > before + 1 && missing >= at.segment)
      yield { segment: missing, offset: 0, end: 0, problem: 'the segment is missing' };
    const segment = join(journalFolder(dir), segmentName(number));
    if (segment >= at.segment)
      for (const piece of piecesIn(segment, number, disk))
        if (segment > at.segment || piece.end > at.offset) yield { ...piece, segment };
    before = number;
  }
}

function piecesIn(segment: string, number: number, disk: Disk): Iterable<Piece> {
  try {
    const bytes = readPlain(segment, disk);
    return piecesOf(bytes, number, number === 1 ? CHAIN_START : undefined);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return [{ offset: 0, end: 1, problem: `the segment cannot be read (${code})` }];
  }
}

/** Turns the damaged ones of these pieces into findings, and reads off the intact ones what may lie in them. */
function describe(pieces: readonly Located[], record: number | undefined, provable: Provable): Finding[] {
  const bounds = pieces.map(({ payload }) => payload && boundsOf(recordIn(payload)));
  const { frames, events } = provable;
  const before = accumulate(bounds, { frames, events }, bound => bound.next);
  const after = accumulate(bounds.toReversed(), {}, bound => bound.first).toReversed();
  return pieces.flatMap((piece, index): Finding[] => {
    if (bounds[index]) return [];
    const { segment, offset, end, problem = 'it does not hold a record' } = piece;
    const acknowledged = pieces.slice(index + 1).some(later => isLater(later, piece));
    const known = index === 0 && record !== undefined ? { record } : {};
    const missing = {
      ...range('frames', before[index]!, after[index]!),
      ...range('events', before[index]!, after[index]!),
    };
    return [{ segment, offset, end, problem, ...known, ...missing, acknowledged }];
  });
}

interface Counts {
  readonly frames?: number;
  readonly events?: number;
}

/** What is known at each piece from those before it, in the order of the list. */
function accumulate(
  bounds: readonly (Bounds | undefined)[],
  start: Counts,
  counts: (bound: Bounds) => Counts,
): Counts[] {
  let known = start;
  return bounds.map(bound => {
    const here = known;
    if (bound) known = { ...known, ...counts(bound) };
    return here;
  });
}

/** The numbers from those before up to those after; absent when there are none in between. */
function range<K extends keyof Counts>(name: K, before: Counts, after: Counts): { [P in K]?: Range } {
  const [first, next] = [before[name] ?? 0, after[name]];
  const numbers: Range | undefined =
    next === undefined ? [first] : next > first ? [first, next - 1] : undefined;
  return (numbers ? { [name]: numbers } : {}) as { [P in K]?: Range };
}

/** Whether `later` shows that a sync had succeeded after `piece` was written: another group, or another segment. */
function isLater(later: Located, piece: Located): boolean {
  if (later.segment !== piece.segment) return true;
  // The header of a segment is written with its first group.
  const together = piece.offset === 0 && later.offset === SEGMENT_HEADER_BYTES;
  return later.begins === true && !together;
}

/** The numbers with which a record begins, and those that follow it. */
interface Bounds {
  readonly first: Counts;
  readonly next: Counts;
}

/** The bounds of a record, empty for one that counts nothing; undefined when it is none. */
function boundsOf(record: JournalRecord | undefined): Bounds | undefined {
  if (record?.type === 'seal') {
    const { frames, events } = record;
    return { first: { frames, events }, next: { frames, events } };
  }
  if (record?.type !== 'frame') return record && { first: {}, next: {} };
  const events = [...record.ingress, ...record.published];
  const [first, last] = [events[0], events.at(-1)];
  return {
    first: { frames: record.frame, ...(first && { events: first.seq }) },
    next: { frames: record.frame + 1, ...(last && { events: last.seq + 1 }) },
  };
}
