import type { DatabaseSync } from 'node:sqlite';
import { fail } from '../base/diagnostic.ts';
import { compareBy } from '../base/order.ts';
import { parseUtc } from '../base/time.ts';

/**
 * A point in a recording: an event, in the frame that handled it. The state there is made of every write of earlier frames, and of
 * those of this frame whose cause is an event up to this one; of each key the last.
 */
export interface Point {
  readonly frame: number;
  /** `seq` of the event. */
  readonly event: number;
}

export const START: Point = { frame: -1, event: -1 };
export const END: Point = { frame: Number.MAX_SAFE_INTEGER, event: Number.MAX_SAFE_INTEGER };

/** Below 0 when `a` comes before `b`. */
export const comparePoints: (a: Point, b: Point) => number = compareBy(
  (a, b) => a.frame - b.frame,
  (a, b) => a.event - b.event,
);

/** What names a point, in words. */
const EXPECTED =
  "an event's number, `topic/partition/offset`, `frame:N`, a time such as 2027-01-31T00:00:00Z, `start` or `end`";

type Parts = Readonly<Record<string, string>>;

/** Each form of a reference, and how it leads to a point; undefined when the recording has no such one. */
const FORMS: readonly (readonly [RegExp, (database: DatabaseSync, parts: Parts) => Point | undefined])[] = [
  [/^start$/, () => START],
  [/^end$/, () => END],
  [/^(?<seq>[0-9]{1,15})$/, eventNumbered],
  [/^(?<topic>[^/]+)\/(?<partition>[0-9]{1,10})\/(?<offset>[0-9]{1,15})$/, eventAt],
  [/^frame:(?<frame>[0-9]{1,15})$/, frameEnd],
  [/^(?<time>[0-9]{4}-[0-9T:.-]+Z)$/, timeEnd],
];

/**
 * The point that a reference names.
 * @throws Failure VNES7014 for what was dropped, VNES7013 for what is not a reference, VNES7012 when the recording has no such event or frame.
 */
export function resolvePoint(database: DatabaseSync, reference: string): Point {
  for (const [form, resolve] of FORMS) {
    const match = form.exec(reference);
    if (!match) continue;
    const point = resolve(database, match.groups ?? {});
    if (isGone(database, point, match.groups ?? {})) return gone(database, reference);
    return point ?? noSuchPoint(database, reference);
  }
  return noReference(reference);
}

/** Where a recording begins whose history was dropped. */
export interface Beginning {
  readonly frames: number;
  readonly events: number;
}

/** Undefined for a recording that holds all that it ever did. */
export function beginningOf(database: DatabaseSync): Beginning | undefined {
  return database.prepare('SELECT frames, events FROM base').get() as Beginning | undefined;
}

/** Whether a reference means something that was dropped: what is not found then, or lies before the last frame of what is gone. */
function isGone(
  database: DatabaseSync,
  point: Point | undefined,
  { seq, frame, time, offset }: Parts,
): boolean {
  const base = beginningOf(database);
  if (!base) return false;
  if (seq !== undefined && Number(seq) < base.events) return true;
  if (point) return point.frame < base.frames - 1 || (time !== undefined && point.frame < base.frames);
  return (frame !== undefined && Number(frame) < base.frames) || offset !== undefined;
}

/** Says that what was asked for was dropped; never an empty answer. */
function gone(database: DatabaseSync, reference: string): never {
  const { frames, events } = beginningOf(database)!;
  return fail('VNES7014', `the history at ${reference} was dropped`, {
    expected: `a point from frame ${frames} and event ${events} on, or \`frame:${frames - 1}\``,
    found: reference,
    help: 'ask a copy of the recording from before it was compacted',
  });
}

function eventNumbered(database: DatabaseSync, { seq }: Parts): Point | undefined {
  const found = database.prepare('SELECT seq, frame, cause FROM events WHERE seq = ?').get(Number(seq));
  return found && handled(database, found as unknown as EventRow);
}

function eventAt(database: DatabaseSync, { topic, partition, offset }: Parts): Point | undefined {
  const found = database
    .prepare('SELECT seq, frame, cause FROM events WHERE topic = ? AND partition = ? AND offset = ?')
    .get(topic!, Number(partition), Number(offset));
  return found && handled(database, found as unknown as EventRow);
}

interface EventRow {
  readonly seq: number;
  readonly frame: number;
  readonly cause: number | null;
}

/** The frame that handled an event first; for one that nobody took, the first that could have. */
function handled(database: DatabaseSync, { seq, frame, cause }: EventRow): Point {
  const first = database.prepare('SELECT min(frame) AS frame FROM deliveries WHERE event = ?').get(seq);
  return { frame: (first?.frame as number | null) ?? (cause === null ? frame : frame + 1), event: seq };
}

function frameEnd(database: DatabaseSync, { frame }: Parts): Point | undefined {
  const known =
    database.prepare('SELECT frame FROM frames WHERE frame = ?').get(Number(frame)) ??
    (beginningOf(database)?.frames === Number(frame) + 1 ? { frame } : undefined);
  return known && { frame: Number(frame), event: END.event };
}

/** After the last frame before the first one that knew a later time: what only became true later must not be seen. */
function timeEnd(database: DatabaseSync, { time = '' }: Parts): Point {
  const milliseconds = parseUtc(time) ?? noReference(time);
  const later = database.prepare('SELECT min(frame) AS frame FROM frames WHERE time > ?').get(milliseconds);
  if (typeof later?.frame !== 'number') return END;
  return later.frame === 0 ? START : { frame: later.frame - 1, event: END.event };
}

function noReference(reference: string): never {
  return fail('VNES7013', `${JSON.stringify(reference)} does not name a point in a recording`, {
    expected: EXPECTED,
    found: JSON.stringify(reference),
    help: 'list the events with `vnes bus log DIR`',
  });
}

function noSuchPoint(database: DatabaseSync, reference: string): never {
  const { seq, frame } = database
    .prepare('SELECT (SELECT max(seq) FROM events) AS seq, (SELECT max(frame) FROM frames) AS frame')
    .get()!;
  const [unit, last] = reference.startsWith('frame:') ? ['a frame', frame] : ['an event', seq];
  return fail(
    'VNES7012',
    `the recording has no ${reference.startsWith('frame:') ? '' : 'event '}${reference}`,
    {
      expected:
        typeof last === 'number' ? `${unit} from 0 to ${last}` : `a recording with ${unit.slice(2).trim()}s`,
      found: reference,
      help: 'list the events with `vnes bus log DIR`',
    },
  );
}
