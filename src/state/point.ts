import type { DatabaseSync } from 'node:sqlite';
import { fail } from '../base/diagnostic.ts';
import { parseUtc } from '../base/time.ts';

/**
 * Points in a recording. The state as of event N is made of every write whose cause is an event up to N, and of each key the last
 * of these; `start` (-1) is before the first event and `end` after the last.
 */
export const START = -1;
export const END = Number.MAX_SAFE_INTEGER;

/** What names a point, in words. */
const EXPECTED =
  "an event's number, `topic/partition/offset`, `frame:N`, a time such as 2027-01-31T00:00:00Z, `start` or `end`";

type Parts = Readonly<Record<string, string>>;

/** Each form of a reference, and how it leads to the number of an event; undefined when the recording has no such point. */
const FORMS: readonly (readonly [RegExp, (database: DatabaseSync, parts: Parts) => number | undefined])[] = [
  [/^start$/, () => START],
  [/^end$/, () => END],
  [/^(?<seq>[0-9]{1,15})$/, eventNumbered],
  [/^(?<topic>[^/]+)\/(?<partition>[0-9]{1,10})\/(?<offset>[0-9]{1,15})$/, eventAt],
  [/^frame:(?<frame>[0-9]{1,15})$/, frameEnd],
  [/^(?<time>[0-9]{4}-[0-9T:.-]+Z)$/, timeEnd],
];

/**
 * The point that a reference names, as the number of its last event.
 * @throws Failure VNES7013 for what is not a reference, VNES7012 when the recording has no such event or frame.
 */
export function resolvePoint(database: DatabaseSync, reference: string): number {
  for (const [form, resolve] of FORMS) {
    const match = form.exec(reference);
    if (match) return resolve(database, match.groups ?? {}) ?? noSuchPoint(database, reference);
  }
  return noReference(reference);
}

function eventNumbered(database: DatabaseSync, { seq }: Parts): number | undefined {
  return numberOf(database.prepare('SELECT seq FROM events WHERE seq = ?').get(Number(seq)));
}

function eventAt(database: DatabaseSync, { topic, partition, offset }: Parts): number | undefined {
  const found = database
    .prepare('SELECT seq FROM events WHERE topic = ? AND partition = ? AND offset = ?')
    .get(topic!, Number(partition), Number(offset));
  return numberOf(found);
}

/** What a frame publishes is numbered after its input and handled in the next frame: the point lies between the two. */
function frameEnd(database: DatabaseSync, { frame }: Parts): number | undefined {
  const before = 'SELECT coalesce(sum(ingress + published), 0) FROM frames WHERE frame < ?';
  const found = database
    .prepare(`SELECT (${before}) + ingress - 1 AS seq FROM frames WHERE frame = ?`)
    .get(Number(frame), Number(frame));
  return numberOf(found);
}

/** After the last frame before the first one that knew a later time: what only became true later must not be seen. */
function timeEnd(database: DatabaseSync, { time = '' }: Parts): number | undefined {
  const milliseconds = parseUtc(time) ?? noReference(time);
  const later = database.prepare('SELECT min(frame) AS frame FROM frames WHERE time > ?').get(milliseconds);
  if (typeof later?.frame !== 'number') return END;
  return later.frame === 0 ? START : frameEnd(database, { frame: String(later.frame - 1) });
}

function numberOf(row: Record<string, unknown> | undefined): number | undefined {
  return typeof row?.seq === 'number' ? row.seq : undefined;
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
