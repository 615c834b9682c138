/**
 * Records on simulated disks that lose power after every operation, tear every write at every byte, fail every operation with every
 * error, fill up at every byte, and lie; and holds what is left against the truth. Prints how many states of the disk there were.
 * Ends with status 1, and with what reproduces it, at the first state that breaks a promise.
 *
 *   node scripts/setup.js scripts/generate.js && node scripts/faults.js [rounds] [seed]
 *
 * A round takes about half a minute. Tests make a short form of it (test/store/faults.test.ts).
 */
import {
  countOperations,
  faultAt,
  fullDisk,
  powerCuts,
  shortWrites,
  tornWrites,
  WORKLOADS,
} from '../test/store/faults/simulate.ts';
import { transferCuts, transferFaults } from '../test/store/faults/transfers.ts';

const [rounds = '10', first = '1'] = process.argv.slice(2);
const ERRORS = ['EIO', 'ENOSPC', 'EDQUOT'];
const CUTS = { each: 40 };
const LYING = { each: 40, lying: (_, chance) => chance(3) === 0 };
const FULL_STEP = 13;
const MOST_SPACE = 12_000;

const start = performance.now();
let states = 0;
for (const name of Object.keys(WORKLOADS)) {
  const before = states;
  states += tornWrites(name);
  for (let call = 1; call <= countOperations(name); call += 1)
    for (const code of ERRORS) states += faultAt(name, call, code) ? 1 : 0;
  for (let piece = 1; piece < 64; piece += 1, states += 1) shortWrites(name, piece);
  for (let space = 0; space < MOST_SPACE; space += FULL_STEP, states += 1) fullDisk(name, space);
  console.log(`${name}: ${states - before} faults and torn writes`);
}
for (const code of ERRORS) states += await transferFaults(code);
for (let seed = Number(first); seed < Number(first) + Number(rounds); seed += 1) {
  const before = states;
  for (const name of Object.keys(WORKLOADS))
    states += powerCuts(name, seed, CUTS) + powerCuts(name, seed, LYING);
  states += await transferCuts(seed, CUTS.each);
  console.log(`seed ${seed}: ${states - before} losses of power`);
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${states} states in ${seconds.toFixed(0)} s, ${Math.round(states / seconds)} a second; all promises kept`,
);
if (states === 0) process.exitCode = 1;
