/**
 * What a confined process costs: starting it, over a bare `node` that reads the same agent, and asking it one thing, over a bare pipe to
 * a process that sends the same bytes back. All are in sessions of their own, for Linux shares a busy processor among sessions.
 *
 *   node bench/rungs.js [runs]
 *
 * Ends with status 1 when a goal is missed.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { confine } from '../src/sandbox/confine/confine.ts';
import { launch } from '../src/sandbox/confine/launch.ts';
import { librariesOf } from '../src/sandbox/confine/libraries.ts';
import { bubblewrapHere, obstacleToConfining } from '../src/sandbox/confine/trial.ts';
import { encodeFrame } from '../src/sandbox/frames.ts';
import { median } from './median.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const AGENT = path.join(ROOT, 'dist/agent.js');
const RUNS = Number(process.argv[2] ?? 21);
const ROUND_TRIPS = 20_000;
/** Times as long as bare that a round trip may take at most. */
const GOAL = 1.3;
/** The agent's flags (src/sandbox/node-flags.ts). */
const FLAGS = ['--permission', '--disallow-code-generation-from-strings', '--no-warnings'];
const START = encodeFrame({ type: 'start', seed: '0', fuel: 1, components: [] });
const NATIVE = { openFiles: 16, fileBytes: 0, cpuSeconds: 60 };
const LIMITS = { ...NATIVE, openFiles: 64, tasks: 64 };

/** Sends back what it reads, a kilobyte at a time, as the agent reads and writes. */
const ECHO = `import { readSync, writeSync } from 'node:fs';
const bytes = Buffer.alloc(1024);
for (let count; (count = readSync(3, bytes, 0, 1024, null)) > 0; ) writeSync(3, bytes, 0, count);
process.exit(0);`;

const obstacle = await obstacleToConfining();
if (obstacle !== undefined) {
  process.stdout.write(`nothing was measured: ${obstacle}\n`);
  process.exit(4);
}

const files = agent =>
  new Map([
    ...[...librariesOf(process.execPath)].map(([inside, host]) => [inside, { host }]),
    ['/vnes/package.json', { bytes: Buffer.from('{"type":"module"}') }],
    ['/vnes/agent.js', agent],
  ]);

await starts();
await roundTrips();

/** From spawning to the first answer of the agent, alternating, so that what else the machine does meets both. */
async function starts() {
  const bare = [];
  const confined = [];
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(await timeToAnswer(spawnBare([...FLAGS, `--allow-fs-read=${AGENT}`, AGENT])));
    confined.push(
      await timeToAnswer(
        spawnConfined([...FLAGS, '--allow-fs-read=/vnes', '/vnes/agent.js'], { host: AGENT }),
      ),
    );
  }
  report('start, to the first answer', median(confined), median(bare), 'ms');
}

async function timeToAnswer({ process: child, channel, started }) {
  for (const part of START) channel.write(part);
  await new Promise(resolve => channel.once('data', resolve));
  const time = performance.now() - started;
  child.kill('SIGKILL');
  await new Promise(resolve => child.once('close', resolve));
  return time;
}

async function roundTrips() {
  const bare = spawnBare(['--input-type=module', '-e', ECHO]);
  const confined = spawnConfined(['/vnes/agent.js'], { bytes: Buffer.from(ECHO) });
  const [one, other] = [[], []];
  for (let run = 0; run < 7; run += 1) {
    one.push(await rally(bare.channel));
    other.push(await rally(confined.channel));
  }
  for (const { process: child } of [bare, confined]) child.kill('SIGKILL');
  report('round trip of 200 bytes', Math.min(...other) * 1000, Math.min(...one) * 1000, 'µs', GOAL);
}

/** Milliseconds that one round trip takes. */
async function rally(channel) {
  const message = Buffer.alloc(200, 'x');
  const start = performance.now();
  await new Promise(resolve => {
    let left = ROUND_TRIPS;
    const next = () => {
      left -= 1;
      if (left > 0) channel.write(message);
      else {
        channel.off('data', next);
        resolve();
      }
    };
    channel.on('data', next);
    channel.write(message);
  });
  return (performance.now() - start) / ROUND_TRIPS;
}

function spawnBare(args) {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  return { process: child, channel: child.stdio[3], started };
}

function spawnConfined(args, agent) {
  const started = performance.now();
  const program = { host: process.execPath };
  const plan = confine(
    { policy: 'node', program, args, files: files(agent), limits: LIMITS },
    bubblewrapHere(),
  );
  return { ...launch(plan), started };
}

function report(what, confined, bare, unit, goal = Number.POSITIVE_INFINITY) {
  const figures = `${confined.toFixed(1)} ${unit} confined, ${bare.toFixed(1)} ${unit} bare`;
  const ratio = confined / bare;
  process.stdout.write(
    `${what}: ${figures}, ${ratio.toFixed(2)} times${Number.isFinite(goal) ? `, goal: at most ${goal}` : ''}\n`,
  );
  if (ratio > goal) process.exitCode = 1;
}
