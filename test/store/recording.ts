import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/base/diagnostic.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { JsonValue } from '../../src/base/json.ts';
import type { BusEvent } from '../../src/capsule/event.ts';
import type { FileEngineOptions } from '../../src/store/file-engine.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import type {
  FrameRecord,
  HeaderRecord,
  JournalRecord,
  SealRecord,
  StateWrite,
} from '../../src/store/record.ts';

/** A fresh folder. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'vnes-store-'));
}

export const HEADER: HeaderRecord = {
  type: 'header',
  format: 1,
  flags: [],
  seed: '7',
  epoch: 0,
  frameIngress: 2,
  zone: 'session',
  capsules: [
    {
      id: 'user.a',
      version: '1.0.0',
      tree: sha256('a'),
      zone: 'session',
      tier: 'D0_bit_exact',
      bindings: {},
      files: {},
    },
  ],
};

export function event(
  seq: number,
  payload: JsonValue = { n: seq },
  topic = 'a.b.v1',
  offset = seq,
): BusEvent {
  return {
    seq,
    topic,
    partition: 0,
    offset,
    time: seq * 1000,
    key: `k${seq}`,
    payload,
    source: 'ingress',
    cause: null,
  };
}

export function write(key: string, value: JsonValue | null, version: number, cause: number): StateWrite {
  return { key, value, version, writer: 'user.a', cause };
}

export function frame(number: number, parts: Partial<FrameRecord>): FrameRecord {
  const empty = { ingress: [], deliveries: [], published: [], writes: [], logs: [], decisions: [] };
  return { type: 'frame', frame: number, time: 0, ...empty, ...parts };
}

export function seal(frames: number, events: number): SealRecord {
  return { type: 'seal', frames, events, logRoot: sha256('log'), stateRoot: sha256('state') };
}

/**
 * A small whole recording of three frames and five events: `x` is written by events 0, 2 and 4 (a deletion), `y` by event 1, and
 * `z` twice in one frame, by event 3 and then by event 2, which comes later in that frame's order.
 */
export const RECORDS: readonly JournalRecord[] = [
  HEADER,
  { type: 'boot', stage: 1, event: 'trust', detail: { keys: 1 } },
  frame(0, {
    ingress: [event(0), event(1)],
    deliveries: [
      { event: 0, to: 'user.a', outcome: 'ok' },
      { event: 1, to: 'user.a', outcome: 'error', message: 'no' },
    ],
    writes: [write('x', 1, 1, 0), write('y', { deep: [1] }, 1, 1)],
  }),
  frame(1, {
    ingress: [event(2)],
    published: [event(3, 'three', 'c.d.v1', 0)],
    writes: [write('x', 2, 2, 2), write('z', 'early', 1, 3), write('z', 'late', 2, 2)],
    logs: [{ capsule: 'user.a', level: 'info', message: 'hello', cause: 2 }],
  }),
  frame(2, { ingress: [event(4, { n: 4 }, 'a.b.v1', 3)], writes: [write('x', null, 3, 4)] }),
  seal(3, 5),
];

/** Records a journal, one group a record, in a fresh folder. */
export function record(records: readonly JournalRecord[] = RECORDS, options: FileEngineOptions = {}): string {
  const dir = folder();
  const journal = createJournal(dir, options);
  for (const one of records) journal.append([one]);
  journal.close();
  return dir;
}

/** The records that can be read, and the code and message of the refusal, if there was one. */
export function readAll(dir: string): {
  records: JournalRecord[];
  sealed: boolean;
  code?: string;
  message?: string;
} {
  const records: JournalRecord[] = [];
  const journal = readJournal(dir);
  try {
    for (;;) {
      const next = journal.next();
      if (next.done) return { records, sealed: next.value.sealed };
      records.push(next.value.record);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { records, sealed: false, code: error.diagnostics[0].code, message: error.message };
  }
}

/** The code of the failure that an action ends in. */
export async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0].code;
    throw error;
  }
  return 'no failure';
}

export function segments(dir: string): { path: string; bytes: Buffer }[] {
  const names = readdirSync(join(dir, 'journal')).sort();
  return names.map(name => join(dir, 'journal', name)).map(path => ({ path, bytes: readFileSync(path) }));
}
