import type { DatabaseSync } from 'node:sqlite';
import { canonicalJson } from '../base/canonical.ts';
import type { Digest } from '../base/digest.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import { compareBy, compareCodeUnits } from '../base/order.ts';
import { type Beginning, beginningOf, END } from '../state/point.ts';
import { scanAt } from '../state/query.ts';
import { stateRoot } from '../state/root.ts';
import { lineageOf } from '../store/branch.ts';
import { openIndex, type RecordingIndex } from '../store/index.ts';
import { readJournal, STORED } from '../store/read.ts';
import { Fold } from './fold.ts';

/** Where two recordings part: what they have in common, counted from the beginning. */
export interface Parting {
  readonly frames: number;
  readonly events: number;
}

/** One side of a comparison. */
export interface Side {
  readonly frames: number;
  readonly events: number;
  readonly logRoot: Digest;
  readonly stateRoot: Digest;
}

/** An event by its place, with what it says; null where one side has none there. */
export interface EventDifference {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly a: Told | null;
  readonly b: Told | null;
}

interface Told {
  readonly time: number;
  readonly key: string | null;
  readonly payload: JsonValue;
}

/** A key that ends with another value; absent where it has none. */
export interface KeyDifference {
  readonly key: string;
  readonly a?: JsonValue;
  readonly b?: JsonValue;
}

export interface BranchDifference {
  /** Null for two recordings that do not go back to one. */
  readonly parting: Parting | null;
  /** The frames and events before which at least one of them has dropped its history; null where both are whole. */
  readonly dropped: Beginning | null;
  readonly a: Side;
  readonly b: Side;
  readonly keys: readonly KeyDifference[];
  readonly events: readonly EventDifference[];
}

/**
 * In what two recordings differ at their ends: the keys, and the events since they parted, place by place. Usually they are two branches
 * of one recording, or a branch and what it goes on from. Events that one of them has dropped are not compared.
 * @throws Failure VNES80xx
 */
export async function compareRecordings(a: string, b: string): Promise<BranchDifference> {
  const parting = partingOf(a, b);
  const [left, right] = [await openIndex(a), await openIndex(b)];
  const begun = [left, right].flatMap(({ database }) => beginningOf(database) ?? []);
  const dropped = begun.toSorted((one, other) => other.events - one.events)[0] ?? null;
  const from = Math.max(parting?.events ?? 0, dropped?.events ?? 0);
  try {
    return {
      parting: parting ?? null,
      dropped,
      a: sideOf(a, left),
      b: sideOf(b, right),
      keys: keysBetween(left.database, right.database),
      events: eventsBetween(left.database, right.database, from),
    };
  } finally {
    left.close();
    right.close();
  }
}

/** What two recordings share: the same folders up to where the first of them is left. */
function partingOf(a: string, b: string): Parting | undefined {
  const [left, right] = [lineageOf(a), lineageOf(b)];
  let shared: Parting | undefined;
  for (const [index, layer] of left.entries()) {
    const other = right[index];
    if (!other || other.dir !== layer.dir) break;
    const ends = [layer.until, other.until].filter(each => each !== undefined);
    // Both go to the end of the same folder: they are one.
    if (ends.length === 0) return { frames: END.frame, events: END.event };
    const first = ends.reduce((least, each) => (each.events < least.events ? each : least));
    shared = { frames: first.frames, events: first.events };
    if (layer.until?.records !== other.until?.records) break;
  }
  return shared;
}

function sideOf(dir: string, { database, end }: RecordingIndex): Side {
  const here = database
    .prepare('SELECT (SELECT count(*) FROM frames) AS frames, (SELECT count(*) FROM events) AS events')
    .get() as unknown as Beginning;
  const before = beginningOf(database) ?? { frames: 0, events: 0 };
  const [frames, events] = [here.frames + before.frames, here.events + before.events];
  if (end.seal) {
    const { logRoot, stateRoot: state } = end.seal;
    return { frames, events, logRoot, stateRoot: state };
  }
  return { frames, events, logRoot: logRootOf(dir), stateRoot: stateRoot(entriesOf(database)) };
}

function entriesOf(database: DatabaseSync): (readonly [string, JsonValue])[] {
  return scanAt(database, '', END).map(({ key, value }) => [key, value!] as const);
}

function logRootOf(dir: string): Digest {
  const fold = new Fold();
  for (const entry of readJournal(dir)) fold.take(entry);
  return fold.logRoot;
}

function keysBetween(left: DatabaseSync, right: DatabaseSync): KeyDifference[] {
  const [a, b] = [new Map(entriesOf(left)), new Map(entriesOf(right))];
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort(compareCodeUnits);
  return keys.flatMap(key => {
    const [was, is] = [a.get(key), b.get(key)];
    if (was !== undefined && is !== undefined && canonicalJson(was) === canonicalJson(is)) return [];
    return [{ key, ...(was === undefined ? {} : { a: was }), ...(is === undefined ? {} : { b: is }) }];
  });
}

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
  readonly key: string | null;
  readonly payload: string;
}

const byPlace = compareBy<Row>(
  (a, b) => Buffer.compare(Buffer.from(a.topic), Buffer.from(b.topic)),
  (a, b) => a.partition - b.partition,
  (a, b) => a.offset - b.offset,
);

/** Two lists in the order of places, merged; neither is ever in memory as a whole. */
function eventsBetween(left: DatabaseSync, right: DatabaseSync, from: number): EventDifference[] {
  const [a, b] = [rowsOf(left, from), rowsOf(right, from)];
  const found: EventDifference[] = [];
  for (let [one, two] = [a.next().value, b.next().value]; one || two; ) {
    const order = one && two ? byPlace(one, two) : one ? -1 : 1;
    const [was, is] = [order <= 0 ? one : undefined, order >= 0 ? two : undefined];
    if (!isSame(was, is)) found.push(difference(was, is));
    if (order <= 0) one = a.next().value;
    if (order >= 0) two = b.next().value;
  }
  return found;
}

function* rowsOf(database: DatabaseSync, from: number): Generator<Row, undefined> {
  const rows = database
    .prepare(
      `SELECT topic, partition, offset, time, key, payload FROM events WHERE seq >= ?
       ORDER BY topic, partition, offset`,
    )
    .iterate(from);
  for (const row of rows) yield row as unknown as Row;
}

function isSame(was: Row | undefined, is: Row | undefined): boolean {
  return was?.time === is?.time && was?.key === is?.key && was?.payload === is?.payload;
}

function difference(was: Row | undefined, is: Row | undefined): EventDifference {
  const { topic, partition, offset } = (was ?? is)!;
  return { topic, partition, offset, a: told(was), b: told(is) };
}

function told(row: Row | undefined): Told | null {
  return row ? { time: row.time, key: row.key, payload: parseJson(row.payload, STORED) } : null;
}
