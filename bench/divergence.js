/**
 * A recording of a million events in which one write, near the end, is not what the capsule does: how long a replay takes to find it
 * and to report it with the events before. The recording is made anew, with sound hashes and one forged value.
 *
 *   node bench/divergence.js [--events 1000000] [--frame 1024]
 *
 * Ends with status 1 when the goal is missed.
 */

import { cpSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bind } from '../src/kernel/binding.ts';
import { parseIngress } from '../src/kernel/ingress.ts';
import { prepareInvariants } from '../src/kernel/invariants/prepare.ts';
import { run } from '../src/kernel/run.ts';
import { UNDISTURBED } from '../src/kernel/timing.ts';
import { replay } from '../src/lab/replay.ts';
import { USUAL } from '../src/store/flags.ts';
import { createJournal } from '../src/store/journal.ts';
import { readJournal } from '../src/store/read.ts';
import { bootLatest, buildLatest, eventLines, inFolder } from './workshop.js';

const GOAL_MS = 10_000;

const { values } = parseArgs({
  options: { events: { type: 'string', default: '1000000' }, frame: { type: 'string', default: '1024' } },
});
const events = Number(values.events);
const frameIngress = Number(values.frame);

await inFolder(async root => {
  const recording = path.join(root, 'recording');
  await record(root, recording);
  const target = Math.floor(events * 0.99);
  const forged = path.join(root, 'forged');
  forge(recording, forged, target);
  const start = performance.now();
  const { divergence } = await replay({
    dir: forged,
    timing: UNDISTURBED,
    cacheDir: path.join(root, 'cache'),
  });
  const took = performance.now() - start;
  if (divergence?.event !== target || divergence.before.length !== 10)
    throw new Error(`not found: ${JSON.stringify(divergence)}`);
  console.log(`${events} events in frames of ${frameIngress}; event ${target} was forged`);
  console.log(`found and reported in ${(took / 1000).toFixed(1)} s, goal: at most ${GOAL_MS / 1000} s`);
  if (took > GOAL_MS) process.exitCode = 1;
});

async function record(root, dir) {
  const booted = await bootLatest(root, await buildLatest(root));
  await run({
    dir,
    settings: { seed: '0', epoch: 0, frameIngress, zone: 'system' },
    booted,
    network: await bind(booted.capsules, USUAL),
    input: parseIngress(eventLines(events), 'events', () => []),
    invariants: await prepareInvariants(booted.capsules),
    timing: UNDISTURBED,
    cacheDir: path.join(root, 'cache'),
  });
}

/** The recording again, with another value in the write that event `target` caused. */
function forge(from, to, target) {
  cpSync(path.join(from, 'objects'), path.join(to, 'objects'), { recursive: true });
  const journal = createJournal(to);
  for (const { record } of readJournal(from)) journal.append([changed(record, target)]);
  journal.close();
}

function changed(record, target) {
  if (record.type !== 'frame') return record;
  const writes = record.writes.map(write => (write.cause === target ? { ...write, value: 'forged' } : write));
  return { ...record, writes };
}
