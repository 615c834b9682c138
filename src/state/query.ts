import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type JsonValue, parseJson } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import { STORED } from '../store/read.ts';
import { comparePoints, type Point } from './point.ts';

/** A version of a key, as the index tells it. */
export interface Version {
  readonly key: string;
  /** null is a deletion. */
  readonly value: JsonValue | null;
  readonly version: number;
  readonly writer: string;
  readonly cause: number;
  readonly frame: number;
}

/** A key whose value differs between two events. */
export interface Change {
  readonly key: string;
  /** Absent where the key has no value. */
  readonly from?: JsonValue;
  readonly to?: JsonValue;
}

/** The version of `key` as of `at`; undefined when it was never written or is deleted there. */
export function versionAt(database: DatabaseSync, key: string, at: Point): Version | undefined {
  const row = asOf(database).get(key, at.frame, at.frame, at.event);
  const version = row && toVersion(row);
  return version?.value === null ? undefined : version;
}

const STATEMENTS = new WeakMap<DatabaseSync, StatementSync>();

/** To prepare the statement takes longer than to run it: it is one seek. */
function asOf(database: DatabaseSync): StatementSync {
  const known = STATEMENTS.get(database);
  if (known) return known;
  const statement = database.prepare(
    `SELECT * FROM versions WHERE key = ? AND frame <= ? AND (frame < ? OR cause <= ?)
     ORDER BY frame DESC, version DESC LIMIT 1`,
  );
  STATEMENTS.set(database, statement);
  return statement;
}

/** All versions of `key`, oldest first. */
export function historyOf(database: DatabaseSync, key: string): Version[] {
  return database.prepare('SELECT * FROM versions WHERE key = ? ORDER BY version').all(key).map(toVersion);
}

/** The entries as of `at` whose key starts with `prefix`, in code-unit order of their keys. */
export function scanAt(database: DatabaseSync, prefix: string, at: Point): Version[] {
  const found: Version[] = [];
  for (const key of keysFrom(database, prefix)) {
    const version = versionAt(database, key, at);
    if (version) found.push(version);
  }
  return found.sort((a, b) => compareCodeUnits(a.key, b.key));
}

/** Keys whose value differs between two points, in code-unit order. Only what was written between them is looked at. */
export function diffBetween(database: DatabaseSync, from: Point, to: Point): Change[] {
  const [low, high] = [from, to].sort(comparePoints) as [Point, Point];
  const keys = database
    .prepare(
      `SELECT DISTINCT key FROM versions WHERE frame BETWEEN ? AND ?
       AND NOT (frame = ? AND cause <= ?) AND NOT (frame = ? AND cause > ?)`,
    )
    .all(low.frame, high.frame, low.frame, low.event, high.frame, high.event);
  return keys
    .map(row => change(database, String(row.key), from, to))
    .filter(each => each !== undefined)
    .sort((a, b) => compareCodeUnits(a.key, b.key));
}

function change(database: DatabaseSync, key: string, from: Point, to: Point): Change | undefined {
  const before = versionAt(database, key, from);
  const after = versionAt(database, key, to);
  if (before?.version === after?.version || sameText(before, after)) return undefined;
  return { key, ...(before && { from: before.value }), ...(after && { to: after.value }) };
}

function sameText(before: Version | undefined, after: Version | undefined): boolean {
  return JSON.stringify(before?.value) === JSON.stringify(after?.value);
}

/** Keys with this prefix. SQLite orders text by UTF-8 bytes, in which they stand together. */
function* keysFrom(database: DatabaseSync, prefix: string): Generator<string> {
  const rows = database
    .prepare('SELECT DISTINCT key FROM versions WHERE key >= ? ORDER BY key')
    .iterate(prefix);
  for (const row of rows) {
    const key = String(row.key);
    if (!key.startsWith(prefix)) return;
    yield key;
  }
}

function toVersion(row: Record<string, unknown>): Version {
  const { key, value, version, writer, cause, frame } = row as unknown as Version & { value: string | null };
  return { key, value: value === null ? null : parseJson(value, STORED), version, writer, cause, frame };
}
