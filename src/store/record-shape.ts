import type { JsonValue } from '../base/json.ts';
import { FORK_FIELDS } from './branch.ts';
import type { JournalRecord } from './record.ts';
import {
  anything,
  count,
  digest,
  fields,
  listOf,
  mapOf,
  nullable,
  object,
  only,
  type Shape,
  text,
} from './shape.ts';

/** An event. */
export const EVENT = fields(
  {
    seq: count,
    topic: text,
    partition: count,
    offset: count,
    time: count,
    key: nullable(text),
    payload: anything,
    source: text,
    cause: nullable(count),
  },
  { id: text },
);

const CAPSULE = fields(
  {
    id: text,
    version: text,
    tree: digest,
    zone: text,
    tier: text,
    bindings: mapOf(text),
    files: mapOf(digest),
  },
  { weakened: only('guarded', 'process') },
);

const DELIVERY = fields(
  { event: count, to: text, outcome: only('ok', 'error', 'trap', 'fault', 'skipped') },
  { message: text, attempt: count, again: only(true) },
);

/** A write with its version. */
export const WRITE = fields({ key: text, value: anything, version: count, writer: text, cause: count });
const LOG = fields({
  capsule: text,
  level: only('debug', 'info', 'warn', 'error'),
  message: text,
  cause: count,
});
const DECISION = fields({ kind: text, capsule: text, detail: object });

const INVARIANT = fields({ name: text, expression: text }, { at: only('frame', 'end'), description: text });

const MACHINE_PART = fields({ version: text, digest });
const MACHINE = fields(
  { qemu: MACHINE_PART, kernel: MACHINE_PART, arguments: listOf(text) },
  { python: MACHINE_PART },
);

/** The shape of each record, by its type (record.ts). */
const RECORDS: Readonly<Record<JournalRecord['type'], Shape>> = {
  header: fields(
    {
      type: text,
      format: only(1, 2),
      flags: listOf(text),
      seed: text,
      epoch: count,
      frameIngress: count,
      zone: text,
      capsules: listOf(CAPSULE),
    },
    {
      invariants: listOf(INVARIANT),
      disturbance: fields({ seed: text, kinds: listOf(text) }),
      snapshotEvery: count,
      machine: MACHINE,
      parent: fields({ ...FORK_FIELDS, instances: only('kept', 'anew') }),
    },
  ),
  boot: fields({ type: text, stage: count, event: text, detail: object }),
  frame: fields({
    type: text,
    frame: count,
    time: count,
    ingress: listOf(EVENT),
    deliveries: listOf(DELIVERY),
    published: listOf(EVENT),
    writes: listOf(WRITE),
    logs: listOf(LOG),
    decisions: listOf(DECISION),
  }),
  snapshot: fields({
    type: text,
    frames: count,
    events: count,
    logRoot: digest,
    stateRoot: digest,
    digest,
  }),
  seal: fields({ type: text, frames: count, events: count, logRoot: digest, stateRoot: digest }),
};

const TYPED = fields({ type: only(...Object.keys(RECORDS)) });

/** Whether a value is a record of the journal; otherwise what is wrong with it, with the place in it. */
export function recordProblem(value: JsonValue): string | undefined {
  const type = typeOf(value);
  const untyped = TYPED({ type }, '');
  return untyped ?? RECORDS[type as JournalRecord['type']](value, '');
}

function typeOf(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return (value as { readonly type?: JsonValue }).type ?? null;
}
