import type { JsonValue } from '../base/json.ts';
import { FORK_FIELDS } from './branch.ts';
import { EVENT, recordProblem, WRITE } from './record-shape.ts';
import { count, digest, fields, listOf, mapOf, nullable, only, type Shape, text } from './shape.ts';

const header: Shape = (value, place) => {
  const problem = recordProblem(value);
  return problem === undefined ? undefined : `${place}: ${problem}`;
};

const WAITING = fields({ event: EVENT, attempt: count, count, since: count, from: count, turns: count });
const OUTCOMES = fields({ ok: count, error: count, trap: count, fault: count, skipped: count });
const COUNTS = fields(
  { deliveries: OUTCOMES, published: count, writes: count, suspended: only(true, false) },
  {
    sandboxes: fields({ revived: count, abandoned: count }),
    firstFailure: fields({ event: count, outcome: text, message: text }),
  },
);
const FLOW = fields({
  redelivered: count,
  deadLettered: count,
  shed: count,
  folded: count,
  strategies: count,
  heldBack: count,
});
const STRATEGY = fields({ subscriber: text, topic: text, strategy: text });
const LAST = fields({ source: text, topic: text, key: nullable(text), time: count, times: count });

/** The body of a snapshot (kernel/snapshot.ts). */
const BODY = fields({
  snapshot: only(1),
  header,
  frames: count,
  events: count,
  offsets: mapOf(count),
  logRoot: digest,
  stateRoot: digest,
  writesRoot: digest,
  writes: count,
  pending: listOf(EVENT),
  mail: listOf(fields({ subscriber: text, topic: text, waiting: listOf(WAITING) })),
  steering: fields({ strategies: listOf(STRATEGY), told: listOf(text) }),
  health: fields({ breakdowns: mapOf(count), suspended: listOf(text) }),
  idle: fields({ frames: count, least: nullable(count) }),
  taken: fields({ inputs: count, last: nullable(LAST) }),
  tally: fields({ ingress: count, topics: mapOf(count), flow: FLOW, capsules: mapOf(COUNTS) }),
});

const BREAK = fields({ frame: count, event: count, found: text }, { undecided: only(true) });
const WATCHED = fields({ frame: count, time: count, event: count, broken: mapOf(BREAK) });

/** Where in a recording a snapshot was taken, and, with that from which the recording begins, what else is kept of what was before. */
const PLACE = fields(
  { ...FORK_FIELDS, at: text },
  { segment: count, results: mapOf(digest), watched: WATCHED, ids: fields({ count, digest }) },
);

/** What is wrong with the lines of a snapshot's file; undefined when nothing is. */
export const snapshotProblem: Readonly<
  Record<'place' | 'body' | 'write' | 'id', (value: JsonValue) => string | undefined>
> = {
  place: value => PLACE(value, ''),
  body: value => BODY(value, ''),
  write: value => WRITE(value, ''),
  id: value => text(value, ''),
};
