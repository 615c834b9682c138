import type { DatabaseSync } from 'node:sqlite';
import { type JsonValue, parseJson } from '../base/json.ts';
import { STORED } from '../store/read.ts';
import type { Point } from './point.ts';
import { type Version, versionAt } from './query.ts';

/** An event that led to a version: the one whose delivery wrote it, or the cause of one that did. */
export interface Link {
  readonly seq: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Virtual time in milliseconds. */
  readonly time: number;
  readonly key: string | null;
  readonly payload: JsonValue;
  /** Id of the capsule that published it; `ingress` or `kernel` for the first link. */
  readonly source: string;
  readonly frame: number;
}

/** Why a key has its value: the version, and the events that led to it, the latest first; the last one came from outside. */
export interface Why {
  readonly version: Version;
  readonly links: readonly Link[];
}

/** Walks back from the version of `key` as of `at` to the input that caused it; undefined when it has no value there. */
export function whyOf(database: DatabaseSync, key: string, at: Point): Why | undefined {
  const version = versionAt(database, key, at);
  return version && { version, links: linksFrom(database, version.cause) };
}

/** A cause is always an earlier event, so the walk ends. */
function linksFrom(database: DatabaseSync, cause: number): readonly Link[] {
  const find = database.prepare('SELECT * FROM events WHERE seq = ?');
  const links: Link[] = [];
  for (let next: number | null = cause; next !== null; ) {
    const found = find.get(next) as unknown as Row | undefined;
    // It was dropped with all that led to it.
    if (!found) break;
    const { cause: before, payload, ...row } = found;
    links.push({ ...row, payload: parseJson(payload, STORED) });
    next = before;
  }
  return links;
}

interface Row extends Omit<Link, 'payload'> {
  readonly payload: string;
  readonly cause: number | null;
}
