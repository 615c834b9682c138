import * as fs from 'node:fs';
import { join, relative } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { canonicalJson } from '../base/canonical.ts';
import type { Digest } from '../base/digest.ts';
import type { JsonObject } from '../base/json.ts';
import { errorCode } from '../base/system-error.ts';
import { baseOf, basePath } from './base.ts';
import { lineageOf } from './branch.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { isThere, readPlain } from './files.ts';
import { checkJournal, type JournalEnd, type JournalEntry, readJournal } from './read.ts';
import type { FrameRecord, JournalRecord } from './record.ts';
import { type JournalSize, journalSize } from './segments.ts';
import { readSnapshotFile } from './snapshot-file.ts';
import { sumFile } from './sums.ts';
import { baseWriter, frameWriter, INDEX_LAYOUT, INDEXES, TABLES } from './tables.ts';

/** An open index, which is a view of the journal that `end` describes. */
export interface RecordingIndex {
  readonly database: DatabaseSync;
  readonly end: JournalEnd;
  close(): void;
}

const DATABASE = 'index.sqlite';
const NOTE = 'index.json';
/** Files of the index in a recording. */
export const INDEX_FILES: readonly string[] = [DATABASE, NOTE];

/**
 * Opens the index of the recording in `dir`, after a pass over all bytes of its journal and of the index: both are held against their
 * checksums, and the index shows the journal whose chain was proven when it was built. It is rebuilt when it is absent, shows
 * another journal, or has other bytes than it was built with: SQLite's pages carry no checksums. Where the folder cannot be
 * written the index is built in memory.
 * @throws Failure VNES8001, VNES8003, VNES8004
 */
export async function openIndex(dir: string): Promise<RecordingIndex> {
  const { DatabaseSync } = await import('node:sqlite');
  const end = checkJournal(dir);
  if (!isCurrent(dir, end.head)) {
    const built = rebuild(dir, path => new DatabaseSync(path));
    if (built.database)
      return { database: built.database, end: built.end, close: () => built.database?.close() };
  }
  const database = new DatabaseSync(join(dir, DATABASE), { readOnly: true });
  return { database, end, close: () => database.close() };
}

function isCurrent(dir: string, head: Digest, disk: Disk = nodeDisk): boolean {
  const file = sumFile(join(dir, DATABASE), disk);
  return file !== undefined && readNote(dir, disk) === noteText(head, file, sizeOf(dir, disk));
}

/** What `index.json` says: which journal `index.sqlite` shows, how large that was, and which bytes it has itself. */
function noteText(head: Digest, file: string, journal: JournalSize): string {
  return `${canonicalJson({ layout: INDEX_LAYOUT, head, file, journal: { ...journal } })}\n`;
}

/** With how many frames were dropped of what it goes on from, which changes what there is to show of a branch too. */
function sizeOf(dir: string, disk: Disk): JournalSize & { readonly dropped?: number } {
  const dropped = lineageOf(dir, disk).flatMap(layer => baseOf(layer.dir, disk)?.place.frames ?? [])[0];
  const size = journalSize(dir, disk, baseOf(dir, disk)?.place.segment);
  return dropped === undefined ? size : { ...size, dropped };
}

/**
 * The index of the recording in `dir` as it lies there, when it was built for a journal of the size that this one has. Nothing is
 * passed over, so it opens at once at any size, and what it says is to be held against the journal by whoever uses it.
 */
export async function peekIndex(dir: string): Promise<DatabaseSync | undefined> {
  const note = NOTED.exec(readNote(dir, nodeDisk) ?? '')?.groups;
  if (!note || note.file === undefined) return undefined;
  if (`${noteText(note.head as Digest, note.file, sizeOf(dir, nodeDisk))}` !== note.all) return undefined;
  const { DatabaseSync } = await import('node:sqlite');
  return isThere(join(dir, DATABASE)) ? new DatabaseSync(join(dir, DATABASE), { readOnly: true }) : undefined;
}

/**
 * Whether an index whose checksum is right says anything else than the journal does: whoever can write the folder can write both. The
 * index is built again in memory and compared row by row.
 */
export async function contradictsJournal(dir: string): Promise<boolean> {
  const { DatabaseSync } = await import('node:sqlite');
  const there = new DatabaseSync(join(dir, DATABASE), { readOnly: true });
  const { database: built } = inMemory(dir, path => new DatabaseSync(path));
  try {
    const names = (of: DatabaseSync) =>
      of
        .prepare(SCHEMA)
        .all()
        .map(row => canonicalJson(row as JsonObject));
    if (canonicalJson(names(there)) !== canonicalJson(names(built))) return true;
    return built
      .prepare(TABLE_NAMES)
      .all()
      .some(({ name }) => !sameRows(there, built, String(name)));
  } catch (error) {
    if (errorCode(error) === 'ERR_SQLITE_ERROR') return true;
    throw error;
  } finally {
    there.close();
    built.close();
  }
}

const SCHEMA = 'SELECT type, name, sql FROM sqlite_master ORDER BY name';
const TABLE_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table'";

/** Both were filled in the order of the journal. */
function sameRows(one: DatabaseSync, other: DatabaseSync, table: string): boolean {
  const [a, b] = [one, other].map(each => each.prepare(`SELECT * FROM "${table}"`).iterate()) as unknown as [
    Rows,
    Rows,
  ];
  for (;;) {
    const [left, right] = [a.next(), b.next()];
    if (left.done || right.done) return left.done === right.done;
    if (JSON.stringify(left.value) !== JSON.stringify(right.value)) return false;
  }
}

type Rows = Iterator<unknown>;

/** What a note says that is not computed from what lies there. */
const NOTED =
  /^(?<all>\{"file":"(?<file>[0-9]+ bytes, CRC-32 [0-9a-f]{8})","head":"(?<head>sha256:[0-9a-f]{64})",.*\n)$/s;

/** What lies where the index belongs: nothing, the index of the journal with this head, or what will be rebuilt. */
export function indexState(dir: string, head: Digest, disk: Disk): 'absent' | 'current' | 'stale' {
  if (!INDEX_FILES.some(name => isThere(join(dir, name), disk))) return 'absent';
  return isCurrent(dir, head, disk) ? 'current' : 'stale';
}

function readNote(dir: string, disk: Disk): string | undefined {
  try {
    return readPlain(join(dir, NOTE), disk).toString('utf8');
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Builds the index beside the old one and puts it in its place; the open database instead, where nothing can be written. */
function rebuild(
  dir: string,
  open: (path: string) => DatabaseSync,
): { end: JournalEnd; database?: DatabaseSync } {
  const folder = workFolder(dir);
  if (folder === undefined) return inMemory(dir, open);
  try {
    const path = join(folder, DATABASE);
    const end = build(dir, path, open);
    fs.writeFileSync(join(folder, NOTE), noteText(end.head, sumFile(path)!, sizeOf(dir, nodeDisk)));
    return putInPlace(folder, dir) ? { end } : inMemory(dir, open);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function build(dir: string, path: string, open: (path: string) => DatabaseSync): JournalEnd {
  const database = open(path);
  try {
    return fill(database, dir);
  } finally {
    database.close();
  }
}

/** Builds the index of the recording in `dir` as a new file of its own. @throws Failure VNES8001, VNES8003, VNES8004 */
export async function buildIndex(dir: string, path: string): Promise<JournalEnd> {
  const { DatabaseSync } = await import('node:sqlite');
  return build(dir, path, each => new DatabaseSync(each));
}

function inMemory(dir: string, open: (path: string) => DatabaseSync) {
  const database = open(':memory:');
  return { end: fill(database, dir), database };
}

/** False when something that is no file has an index's name; it is not ours to remove. */
function putInPlace(folder: string, dir: string): boolean {
  try {
    for (const name of [DATABASE, NOTE]) fs.renameSync(join(folder, name), join(dir, name));
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

function workFolder(dir: string): string | undefined {
  try {
    return fs.mkdtempSync(join(dir, '.index-'));
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Feeds the whole journal into a fresh database. Nothing is synced: the journal is the truth, this is a view. */
function fill(database: DatabaseSync, dir: string): JournalEnd {
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN');
  database.exec(TABLES);
  const write = frameWriter(database);
  const journal = readJournal(dir);
  const places = new FramePlaces(dir, write);
  for (;;) {
    const { done, value } = journal.next();
    if (done) {
      places.finish();
      database.exec(INDEXES);
      database.exec('COMMIT');
      return value;
    }
    if (value.base) beginWith(value.dir, database, places);
    places.add(value);
  }
}

function beginWith(dir: string, database: DatabaseSync, places: FramePlaces): void {
  const { body, writes } = readSnapshotFile(basePath(dir));
  baseWriter(database)(body.frames, body.events, writes);
  places.begin(body.events);
}

/** Finds for each frame where what was written with it ends: the steps of lifecycles that it brought about stand after it. */
class FramePlaces {
  private readonly dir: string;
  private readonly write: ReturnType<typeof frameWriter>;
  private first = 0;
  /** Whether the group of the record before has ended. */
  private between = true;
  private waiting: { readonly record: FrameRecord; end: JournalEntry } | undefined;

  constructor(dir: string, write: ReturnType<typeof frameWriter>) {
    this.dir = dir;
    this.write = write;
  }

  /** The number of the first event that there is. */
  begin(first: number): void {
    this.first = first;
  }

  add(entry: JournalEntry): void {
    const { record, ends } = entry;
    if (this.waiting && this.belongs(record)) this.waiting.end = entry;
    else this.finish();
    if (record.type === 'frame') this.waiting = { record, end: entry };
    this.between = ends;
  }

  /** Steps of lifecycles in the frame's own group, and the snapshot after it. */
  private belongs({ type }: JournalRecord): boolean {
    return (type === 'boot' && !this.between) || type === 'snapshot';
  }

  finish(): void {
    if (!this.waiting) return;
    const { record, end } = this.waiting;
    const { number, chain, segment, offset } = end;
    const at = { records: number + 1, head: chain, segment: relative(this.dir, segment), place: offset };
    this.write(record, this.first, at);
    this.first += record.ingress.length + record.published.length;
    this.waiting = undefined;
  }
}
