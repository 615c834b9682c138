/**
 * The journal: events of 200 bytes of payload, checked against their schema, one at a time and in groups of 1,024, against a bare
 * `write + fdatasync` of as many bytes, in turns; and how long a recording of a million events takes to open.
 *
 *   node bench/journal.js [--rounds 7] [--events 1000000]
 *
 * Ends with status 1 when a goal is missed.
 */
import * as fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { TopicCatalog } from '../src/bus/catalog.ts';
import { openIndex } from '../src/store/index.ts';
import { createJournal } from '../src/store/journal.ts';
import { checkJournal, verifyJournal } from '../src/store/read.ts';
import { median } from './median.js';
import { SCHEMA, TOPIC } from './workshop.js';

const GROUP = 1024;
const SINGLES = 400;
const GROUPS = 60;
const GOALS = { single: 0.85, grouped: 300_000, opening: 200 };

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, events: { type: 'string', default: '1000000' } },
});
const catalog = await TopicCatalog.build([
  {
    topic: TOPIC,
    capsule: 'bench.one',
    role: 'subscribes',
    schemas: [{ path: 'schema.json', bytes: Buffer.from(JSON.stringify(SCHEMA)) }],
  },
]);
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vnes-bench-journal-'));
try {
  await bench();
} finally {
  fs.rmSync(root, { recursive: true });
}

async function bench() {
  const rounds = Array.from({ length: Number(values.rounds) + 1 }, measure).slice(1); // the first warms up
  const all = name => rounds.flatMap(round => round[name]);
  const ratio = median(all('bare')) / median(all('single'));
  console.log(`bare write + fdatasync   ${perSecond(1, median(all('bare')))} (median)`);
  console.log(`journal, one at a time   ${perSecond(1, median(all('single')))} (median)`);
  console.log(`ratio                    ${ratio.toFixed(2)}, goal: at least ${GOALS.single}`);
  const grouped = GROUP / (Math.min(...all('grouped')) / 1000);
  console.log(`journal, groups of ${GROUP}  ${perSecond(GROUP, median(all('grouped')))} (median)`);
  console.log(
    `                         ${Math.round(grouped).toLocaleString('en')} (best), goal: at least ${GOALS.grouped}`,
  );
  console.log(`bare, the same bytes     ${perSecond(GROUP, median(all('bareGroups')))} (median)`);
  const work = median(rounds.map(({ work }) => work));
  console.log(
    `processor time           ${(work * 1e6).toFixed(0)} ns an event: ${perSecond(1, work)} of one idle core`,
  );
  const opening = await open(Number(values.events));
  if (ratio < GOALS.single || grouped < GOALS.grouped || opening > GOALS.opening) process.exitCode = 1;
}

/** Milliseconds of each write of a round, ours and the bare ones in turns, and of processor time for an event of a group. */
function measure() {
  const journal = newJournal();
  let frame = 0;
  let seq = 0;
  const append = count => {
    const ingress = Array.from({ length: count }, (_, index) => checked(seq + index));
    journal.append([frameOf(frame, ingress)]);
    frame += 1;
    seq += count;
  };
  const file = fs.openSync(path.join(root, 'bare'), 'w');
  const write = bytes => {
    fs.writeSync(file, bytes);
    fs.fdatasyncSync(file);
  };
  const single = Buffer.alloc(sizeOf(1), 'x');
  const many = Buffer.alloc(sizeOf(GROUP), 'x');
  const figures = { bare: [], single: [], bareGroups: [], grouped: [] };
  for (let index = 0; index < SINGLES; index += 1) {
    figures.bare.push(elapsed(() => write(single)));
    figures.single.push(elapsed(() => append(1)));
  }
  let busy = 0;
  for (let index = 0; index < GROUPS; index += 1) {
    figures.bareGroups.push(elapsed(() => write(many)));
    const before = process.cpuUsage();
    figures.grouped.push(elapsed(() => append(GROUP)));
    const { user, system } = process.cpuUsage(before);
    busy += (user + system) / 1000;
  }
  fs.closeSync(file);
  journal.close();
  return { ...figures, work: busy / (GROUPS * GROUP) };
}

function elapsed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** How long a recording of so many events takes to open, in milliseconds. */
async function open(events) {
  const dir = fs.mkdtempSync(path.join(root, 'large-'));
  const journal = newJournal(dir);
  let seq = 0;
  for (let frame = 0; seq < events; frame += 1) {
    const ingress = Array.from({ length: Math.min(GROUP, events - seq) }, (_, index) => checked(seq + index));
    journal.append([frameOf(frame, ingress)]);
    seq += ingress.length;
  }
  journal.close();
  const built = await timed(() => openIndex(dir));
  const times = [];
  for (let round = 0; round < 5; round += 1) times.push(await timed(() => openIndex(dir)));
  const sums = await timed(() => checkJournal(dir));
  const pass = await timed(() => verifyJournal(dir));
  const opening = Math.min(...times);
  const bytes = fs
    .readdirSync(path.join(dir, 'journal'))
    .reduce((sum, name) => sum + fs.statSync(path.join(dir, 'journal', name)).size, 0);
  console.log(`a recording of ${events} events, ${(bytes / 1e6).toFixed(0)} MB of journal`);
  console.log(
    `opened                   ${opening.toFixed(0)} ms (best of 5), goal: at most ${GOALS.opening} ms`,
  );
  console.log(
    `of which the journal     ${sums.toFixed(0)} ms by checksums, ${pass.toFixed(0)} ms by the chain; the index built at first in ${(built / 1000).toFixed(1)} s`,
  );
  return opening;
}

async function timed(work) {
  const start = performance.now();
  const opened = await work();
  const time = performance.now() - start;
  opened.close?.();
  return time;
}

function newJournal(dir = fs.mkdtempSync(path.join(root, 'run-'))) {
  const journal = createJournal(dir);
  journal.append([
    {
      type: 'header',
      format: 1,
      flags: [],
      seed: '0',
      epoch: 0,
      frameIngress: GROUP,
      zone: 'system',
      capsules: [],
    },
  ]);
  return journal;
}

/** A record as the kernel makes them: with its members in order. */
function frameOf(frame, ingress) {
  const [decisions, deliveries, logs, published, writes] = [[], [], [], [], []];
  return { decisions, deliveries, frame, ingress, logs, published, time: frame, type: 'frame', writes };
}

/** An event whose payload has 200 bytes as JSON, after the check of its schema. */
function checked(seq) {
  const payload = { note: '', station: `s${seq % 100}`, value: seq };
  payload.note = 'n'.repeat(200 - JSON.stringify(payload).length);
  if (catalog.check(TOPIC, payload).length > 0) throw new Error('the payload does not fit its schema');
  const [partition, offset, time] = [0, seq, seq];
  return { cause: null, key: null, offset, partition, payload, seq, source: 'ingress', time, topic: TOPIC };
}

/** Bytes that the journal writes for a frame of so many events. */
function sizeOf(events) {
  const frame = frameOf(
    1000,
    Array.from({ length: events }, (_, index) => checked(1_000_000 + index)),
  );
  return JSON.stringify(frame).length + 40;
}

function perSecond(events, milliseconds) {
  return `${Math.round(events / (milliseconds / 1000)).toLocaleString('en')} events a second`;
}
