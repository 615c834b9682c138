/**
 * The whole way of an event: NDJSON is read and checked against its schema, a WebAssembly capsule in a worker handles each event and
 * writes one key, and every frame is on the disk before the next one is true. Then the replay of that recording, which reads,
 * checks, executes and compares all of it.
 *
 *   node bench/pipeline.js [--rounds 5] [--events 50000] [--frame 64,1024]
 *
 * Ends with status 1 when a goal is missed.
 */

import path from 'node:path';
import { parseArgs } from 'node:util';
import { bind } from '../src/kernel/binding.ts';
import { parseIngress } from '../src/kernel/ingress.ts';
import { prepareInvariants } from '../src/kernel/invariants/prepare.ts';
import { run } from '../src/kernel/run.ts';
import { UNDISTURBED } from '../src/kernel/timing.ts';
import { replay } from '../src/lab/replay.ts';
import { USUAL } from '../src/store/flags.ts';
import { bootLatest, buildLatest, eventLines, inFolder } from './workshop.js';

const GOALS = { run: 50_000, replay: 2 };

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    events: { type: 'string', default: '50000' },
    // The default of `vnes run`, and a large one.
    frame: { type: 'string', default: '64,1024' },
  },
});
const events = Number(values.events);

await inFolder(async root => {
  const folder = await buildLatest(root);
  const lines = eventLines(events);
  for (const frameIngress of values.frame.split(',').map(Number)) {
    const times = { run: [], replay: [] };
    for (let round = 0; round <= Number(values.rounds); round += 1) {
      const dir = path.join(root, `run-${frameIngress}-${round}`);
      times.run.push(await timed(() => runOnce({ root, folder, lines, dir, frameIngress })));
      times.replay.push(await timed(() => replayOnce(root, dir)));
    }
    report(times, frameIngress);
  }
});

function report(times, frameIngress) {
  // The first round warms up.
  const [ran, replayed] = [times.run, times.replay].map(all => Math.min(...all.slice(1)));
  const [first, firstReplayed] = [times.run[0], times.replay[0]];
  console.log(`${events} events of 200 bytes in frames of ${frameIngress}`);
  console.log(
    `ingress to committed effect  ${perSecond(ran)} (best), ${perSecond(first)} cold, goal: ${GOALS.run}`,
  );
  console.log(`replay                       ${perSecond(replayed)} (best), ${perSecond(firstReplayed)} cold`);
  console.log(`replay over run              ${(ran / replayed).toFixed(2)}, goal: at least ${GOALS.replay}`);
  const fast = events / (ran / 1000) >= GOALS.run;
  if (!fast || ran / replayed < GOALS.replay) process.exitCode = 1;
}

async function runOnce({ root, folder, lines, dir, frameIngress }) {
  const booted = await bootLatest(root, folder);
  return async () => {
    const network = await bind(booted.capsules, USUAL);
    const check = (topic, payload) => network.catalog.check(topic, payload).map(({ message }) => message);
    const input = parseIngress(lines, 'events', check);
    const settings = { seed: '1', epoch: 0, frameIngress, zone: 'system' };
    const cacheDir = path.join(root, 'cache');
    const invariants = await prepareInvariants(booted.capsules);
    const request = { dir, settings, booted, network, input, timing: UNDISTURBED, invariants, cacheDir };
    const { tally } = await run(request);
    if (tally.deliveries.ok !== events) throw new Error(JSON.stringify(tally.deliveries));
  };
}

async function replayOnce(root, dir) {
  return async () => {
    const { divergence, tally } = await replay({
      dir,
      timing: UNDISTURBED,
      cacheDir: path.join(root, 'cache'),
    });
    if (divergence || tally.deliveries.ok !== events) throw new Error(JSON.stringify(divergence));
  };
}

/** Milliseconds of what the preparation gives. */
async function timed(prepare) {
  const work = await prepare();
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function perSecond(milliseconds) {
  return `${Math.round(events / (milliseconds / 1000)).toLocaleString('en')} events a second`;
}
