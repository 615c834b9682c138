/**
 * What a delivery costs beyond a bare call of the same module, one at a time and in batches of 256, and how long a sandbox takes to
 * start when everything is cached; with `--demo` also the demo.
 *
 *   node bench/calls.js [--seconds 2] [--demo]
 *
 * The bare call is the component itself in this thread, with its texts written and read, and host functions that do nothing. `--demo`
 * needs a build (npm run build). Ends with status 1 when a goal is missed.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { linkComponent } from '../src/sandbox/agent/component/link.ts';
import { Pool } from '../src/sandbox/agent/pool.ts';
import { Agent } from '../src/sandbox/agent/serve.ts';
import { obstacleToConfining } from '../src/sandbox/confine/trial.ts';
import { prepare } from '../src/sandbox/prepare.ts';
import { rungFor } from '../src/sandbox/rungs.ts';
import { transpile } from '../src/sandbox/wasm/transpile.ts';
import { deliveries, instanceOptions, pythonComponent, wasmComponent } from './adapters.js';
import { buildLatest, inFolder } from './workshop.js';

const GOALS = { single: 3, batch: 0.3, coldWasm: 5, coldPython: 600, demo: 5000 };
const BATCH = 256;

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, demo: { type: 'boolean', default: false } },
});
const batch = deliveries(BATCH);

await inFolder(async root => {
  const cacheDir = path.join(root, 'cache');
  const wasm = wasmComponent(await buildLatest(root));
  await calls(wasm, cacheDir);
  await coldWasm(wasm, cacheDir);
  await coldPython(cacheDir);
  if (values.demo) demo();
});

/** Microseconds of each delivery, by every way. */
async function calls(wasm, cacheDir) {
  const bare = await bareCall(wasm);
  const direct = await inThisThread(wasm, cacheDir);
  say('bare call of the component', bare);
  say('with the sandbox around it, in this thread', direct);
  await overRung('a worker', rungFor('system', { cacheDir }), wasm, bare, true);
  const obstacle = await obstacleToConfining();
  if (obstacle) console.log(`no process: ${obstacle}`);
  else await overRung('a process', rungFor('tenant', { cacheDir, obstacle }), wasm, bare, false);
  await overRung('Python in a worker', rungFor('system', { cacheDir }), pythonComponent(), 0, false);
}

async function overRung(name, rung, component, bare, held) {
  const instance = await rung.start(instanceOptions(component));
  try {
    await instance.init();
    const one = await perDelivery(() => instance.handle(batch.slice(0, 1)), 1);
    const many = await perDelivery(() => instance.handle(batch), BATCH);
    const over = bare > 0 ? time => `, ${(time - bare).toFixed(2)} over a bare call` : () => '';
    say(`${name}, one at a time`, one, over(one) + (held ? goal(one - bare, GOALS.single) : ''));
    say(`${name}, batches of ${BATCH}`, many, over(many) + (held ? goal(many - bare, GOALS.batch) : ''));
  } finally {
    await instance.stop();
  }
}

async function bareCall(wasm) {
  const { handle } = await bareExports(wasm);
  const events = batch.map(({ event }) => toGuest(event));
  return perDelivery(() => {
    for (const event of events) handle(event);
  }, BATCH);
}

/** The component with nothing around it but counters that never run out. */
async function bareExports(wasm) {
  const program = await transpile(wasm.code.bytes, { file: 'capsule.wasm' });
  const modules = Object.values(program.cores).map(core => new WebAssembly.Module(core));
  const pool = new Pool(Number.MAX_SAFE_INTEGER);
  pool.refill();
  const nothing = new Proxy({}, { get: () => () => undefined });
  const host = new Proxy({}, { get: () => nothing });
  const exports = linkComponent(program.linking, { modules, host, besides: pool.imports });
  exports.init('{}');
  return exports;
}

function toGuest({ topic, partition, offset, time, key, payload }) {
  const place = { topic, partition, offset: BigInt(offset), time: BigInt(time) };
  return { ...place, key, payload: JSON.stringify(payload) };
}

async function inThisThread(wasm, cacheDir) {
  const agent = await loaded(wasm, cacheDir);
  const wire = batch.map(toWire);
  return perDelivery(() => agent.receive({ type: 'handle', deliveries: wire }), BATCH);
}

async function loaded(wasm, cacheDir) {
  const start = await prepare(instanceOptions(wasm), cacheDir);
  const agent = new Agent({ post: () => {}, ask: () => ({ type: 'answer', entries: [] }) }, []);
  await agent.receive(start);
  await agent.receive({ type: 'init' });
  return agent;
}

function toWire({ subscriber, event }) {
  const { topic, partition, offset, time, key, payload } = event;
  return { subscriber, topic, partition, offset, time, key, payload: JSON.stringify(payload) };
}

/** From the cache to the first outcome: in this thread, which has done it before, and with a thread of its own. */
async function coldWasm(wasm, cacheDir) {
  const first = toWire(batch[0]);
  const warm = await fastest(20, async () => {
    const agent = await loaded(wasm, cacheDir);
    await agent.receive({ type: 'handle', deliveries: [first] });
  });
  const whole = await fastest(10, () => startOnce(rungFor('system', { cacheDir }), wasm));
  console.log(`cold start of cached WebAssembly   ${warm.toFixed(1)} ms${goal(warm, GOALS.coldWasm)}`);
  console.log(`the same with a thread of its own  ${whole.toFixed(1)} ms`);
}

async function coldPython(cacheDir) {
  const time = await fastest(3, () => startOnce(rungFor('system', { cacheDir }), pythonComponent()));
  console.log(`cold start of Python, its image cached  ${time.toFixed(0)} ms${goal(time, GOALS.coldPython)}`);
}

async function startOnce(rung, component) {
  const instance = await rung.start(instanceOptions(component));
  await instance.init();
  await instance.handle(batch.slice(0, 1));
  await instance.stop();
}

function demo() {
  const script = path.resolve(import.meta.dirname, '../scripts/demo/run.js');
  const times = [1, 2].map(() => {
    const start = performance.now();
    const { status } = spawnSync(process.execPath, [script], { stdio: 'ignore' });
    if (status !== 0) throw new Error('the demo failed');
    return performance.now() - start;
  });
  const time = Math.min(...times);
  console.log(`the demo, warm  ${(time / 1000).toFixed(1)} s${goal(time, GOALS.demo)}`);
}

/** The best of several stretches, in microseconds a delivery. */
async function perDelivery(work, count) {
  const stretch = Number(values.seconds) * 100;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round += 1) {
    let rounds = 0;
    const start = performance.now();
    while (performance.now() - start < stretch) {
      await work();
      rounds += 1;
    }
    best = Math.min(best, ((performance.now() - start) * 1000) / (rounds * count));
  }
  return best;
}

async function fastest(rounds, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function say(what, microseconds, more = '') {
  console.log(`${what.padEnd(44)} ${microseconds.toFixed(2)} µs a delivery${more}`);
}

function goal(found, most) {
  if (found > most) process.exitCode = 1;
  return `, goal: at most ${most}`;
}
