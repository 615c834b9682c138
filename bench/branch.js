/**
 * Branches and reads as of a point: how long it takes to make a branch of recordings of growing size, and to read a key as of any frame
 * where there are ten million versions.
 *
 *   node bench/branch.js [--events 1000000] [--versions 10000000] [--keys 10000]
 *
 * Ends with status 1 when a goal is missed.
 */
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createBranch } from '../src/lab/branches.ts';
import { versionAt } from '../src/state/query.ts';
import { openIndex } from '../src/store/index.ts';
import { createJournal } from '../src/store/journal.ts';
import { median } from './median.js';

const GOALS = { branch: 5, read: 10 };
const FRAME_EVENTS = 64;
const FRAME_WRITES = 1000;
const READS = 20_000;
const BRANCHES = 40;
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    versions: { type: 'string', default: '10000000' },
    keys: { type: 'string', default: '10000' },
  },
});
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vnes-bench-branch-'));
try {
  const most = Number(values.events);
  const made = [];
  for (const events of [most / 100, most / 10, most]) made.push(await branching(Math.ceil(events)));
  const read = await reading(Number(values.versions), Number(values.keys));
  if (Math.max(...made) > GOALS.branch || read > GOALS.read) process.exitCode = 1;
} finally {
  fs.rmSync(root, { recursive: true });
}

/** Milliseconds at best to make a branch at points all over a recording of so many events. */
async function branching(events) {
  const dir = path.join(root, `events-${events}`);
  record(dir, Math.ceil(events / FRAME_EVENTS), frame => ({
    ingress: Array.from({ length: FRAME_EVENTS }, (_, index) => event(frame * FRAME_EVENTS + index)),
  }));
  (await openIndex(dir)).close();
  const times = [];
  for (let branch = 0; branch < BRANCHES; branch += 1) {
    const at = String(Math.floor(((branch + 0.5) * events) / BRANCHES));
    const start = performance.now();
    await createBranch(dir, `b${branch}`, at);
    times.push(performance.now() - start);
  }
  const [middle, best] = [median(times), Math.min(...times)];
  console.log(
    `branch of ${events} events  ${best.toFixed(2)} ms (best of ${BRANCHES}; median ${middle.toFixed(2)}), goal: at most ${GOALS.branch} ms`,
  );
  fs.rmSync(dir, { recursive: true });
  return best;
}

/** Median microseconds to read a key as of a frame among so many versions, warm. */
async function reading(versions, keys) {
  const dir = path.join(root, 'versions');
  record(dir, Math.ceil(versions / FRAME_WRITES), frame => ({
    ingress: [event(frame)],
    writes: Array.from({ length: FRAME_WRITES }, (_, index) => {
      const number = frame * FRAME_WRITES + index;
      const version = Math.floor(number / keys) + 1;
      return { key: `k${number % keys}`, value: number, version, writer: 'bench.one', cause: frame };
    }),
  }));
  const start = performance.now();
  const index = await openIndex(dir);
  console.log(`index of ${versions} versions built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const frames = Math.ceil(versions / FRAME_WRITES);
  const places = Array.from({ length: READS }, (_, at) => ({
    key: `k${(at * 7919) % keys}`,
    point: { frame: (at * 104_729) % frames, event: Number.MAX_SAFE_INTEGER },
  }));
  const pass = () => places.map(({ key, point }) => elapsed(() => versionAt(index.database, key, point)));
  pass();
  const times = pass();
  index.close();
  const middle = median(times) * 1000;
  const worst = [...times].sort((a, b) => a - b)[Math.floor(READS * 0.99)] * 1000;
  console.log(
    `read as of a frame       ${middle.toFixed(1)} us (median of ${READS}; ${worst.toFixed(1)} for 99 of 100), goal: at most ${GOALS.read} us`,
  );
  return middle;
}

/** Records so many frames. */
function record(dir, frames, partsOf) {
  const journal = createJournal(dir);
  const settings = { flags: [], seed: '0', epoch: 0, frameIngress: FRAME_EVENTS, zone: 'system' };
  journal.append([{ type: 'header', format: 1, ...settings, capsules: [] }]);
  const nothing = { ingress: [], deliveries: [], published: [], writes: [], logs: [], decisions: [] };
  for (let frame = 0; frame < frames; frame += 1)
    journal.append([{ type: 'frame', frame, time: frame, ...nothing, ...partsOf(frame) }]);
  journal.close();
}

function event(seq) {
  const place = { seq, topic: 'telemetry.metrics.v1', partition: 0, offset: seq, time: seq };
  return { ...place, key: null, payload: { value: seq }, source: 'ingress', cause: null };
}

function elapsed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}
