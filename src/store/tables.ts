import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { canonicalJson } from '../base/canonical.ts';
import type { BusEvent } from '../capsule/event.ts';
import type { FrameRecord, StateWrite } from './record.ts';

/** The layout of the index; one that was built for another layout is rebuilt. */
export const INDEX_LAYOUT = 4;

/**
 * Open to anyone's SQL tool. `value` is NULL for a deletion; `payload` and `value` are canonical JSON. A frame's `first` is the number
 * of its first event; `records` and `head` are those after the group of records that it was written with, whose last one lies in
 * `segment` at `place`. `base` has a row where what came before so many frames and events was dropped; the versions there stand in the
 * frame before.
 */
export const TABLES = `
  CREATE TABLE frames (frame INTEGER PRIMARY KEY, time INTEGER NOT NULL, ingress INTEGER NOT NULL, deliveries INTEGER NOT NULL,
    published INTEGER NOT NULL, writes INTEGER NOT NULL, logs INTEGER NOT NULL, first INTEGER NOT NULL,
    records INTEGER NOT NULL, head TEXT NOT NULL, segment TEXT NOT NULL, place INTEGER NOT NULL) STRICT;
  CREATE TABLE events (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
    time INTEGER NOT NULL, key TEXT, payload TEXT NOT NULL, source TEXT NOT NULL, cause INTEGER, frame INTEGER NOT NULL) STRICT;
  CREATE TABLE versions (key TEXT NOT NULL, version INTEGER NOT NULL, value TEXT, writer TEXT NOT NULL, cause INTEGER NOT NULL,
    frame INTEGER NOT NULL, PRIMARY KEY (key, version)) STRICT, WITHOUT ROWID;
  CREATE TABLE base (frames INTEGER NOT NULL, events INTEGER NOT NULL) STRICT;
  CREATE TABLE deliveries (event INTEGER NOT NULL, subscriber TEXT NOT NULL, frame INTEGER NOT NULL, position INTEGER NOT NULL,
    outcome TEXT NOT NULL, message TEXT, PRIMARY KEY (frame, position)) STRICT, WITHOUT ROWID;
`;

/** Made after the rows, which is faster. */
export const INDEXES = `
  CREATE UNIQUE INDEX events_by_offset ON events (topic, partition, offset);
  CREATE INDEX deliveries_by_event ON deliveries (event);
  CREATE INDEX versions_by_frame ON versions (key, frame, version);
  CREATE INDEX frames_of_versions ON versions (frame);
  CREATE VIEW topics AS SELECT topic, count(DISTINCT partition) AS partitions, count(*) AS events, min(seq) AS first, max(seq) AS last
    FROM events GROUP BY topic;
`;

const COLUMNS: Readonly<Record<string, number>> = { frames: 12, events: 10, versions: 6, deliveries: 6 };

/** Where the group of records ends that a frame was written with. */
export interface GroupEnd {
  readonly records: number;
  readonly head: string;
  readonly segment: string;
  readonly place: number;
}

/** Puts one frame into the tables; `first` is the number of its first event. */
export function frameWriter(
  database: DatabaseSync,
): (record: FrameRecord, first: number, end: GroupEnd) => void {
  const insert = Object.fromEntries(
    Object.entries(COLUMNS).map(([table, columns]) => [table, inserter(database, table, columns)]),
  ) as Record<keyof typeof COLUMNS, StatementSync>;
  return (record, first, { records, head, segment, place }) => {
    const { frame, time, ingress, deliveries, published, writes, logs } = record;
    insert.frames!.run(
      frame,
      time,
      ingress.length,
      deliveries.length,
      published.length,
      writes.length,
      logs.length,
      first,
      records,
      head,
      segment,
      place,
    );
    for (const event of [...ingress, ...published]) insert.events!.run(...eventRow(event, frame));
    for (const write of writes) insert.versions!.run(...versionRow(write, frame));
    for (const [position, { event, to, outcome, message }] of deliveries.entries()) {
      insert.deliveries!.run(event, to, frame, position, outcome, message ?? null);
    }
  };
}

/** Puts in what a recording begins with whose history was dropped. */
export function baseWriter(
  database: DatabaseSync,
): (frames: number, events: number, writes: readonly StateWrite[]) => void {
  const insert = inserter(database, 'versions', COLUMNS.versions!);
  return (frames, events, writes) => {
    database.prepare('INSERT INTO base VALUES (?, ?)').run(frames, events);
    for (const write of writes) insert.run(...versionRow(write, frames - 1));
  };
}

function versionRow(
  { key, version, value, writer, cause }: StateWrite,
  frame: number,
): (string | number | null)[] {
  return [key, version, value === null ? null : canonicalJson(value), writer, cause, frame];
}

function inserter(database: DatabaseSync, table: string, columns: number): StatementSync {
  return database.prepare(`INSERT INTO ${table} VALUES (${Array(columns).fill('?').join(', ')})`);
}

function eventRow(event: BusEvent, frame: number): (string | number | null)[] {
  const { seq, topic, partition, offset, time, key, payload, source, cause } = event;
  return [seq, topic, partition, offset, time, key, canonicalJson(payload), source, cause, frame];
}
