/**
 * Ten million deliveries through each adapter, with the memory that this process and all below it take, again and again: it must
 * not grow.
 *
 *   node scripts/soak.js [--calls 10000000] [--adapters worker,process,python]
 *
 * Each adapter has a process of its own, for the compiler and the adapters before leave the engine with a large heap; there the engine
 * collects before each sample, and its young generation is held at the size that sandboxes have. The first half warms up. Ends with
 * status 1 when memory grows by more than 1 MiB in a million deliveries after that and ends more than 5 % above where it began, or when
 * a delivery fails.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { deliveries, instanceOptions, pythonComponent, wasmComponent } from '../bench/adapters.js';
import { median } from '../bench/median.js';
import { buildLatest, inFolder } from '../bench/workshop.js';
import { YOUNG_MIB } from '../src/sandbox/channel.ts';
import { obstacleToConfining } from '../src/sandbox/confine/trial.ts';
import { rungFor } from '../src/sandbox/rungs.ts';

const BATCH = 256;
const SAMPLES = 200;
const PAGE = 4096;
const MIB = 1024 * 1024;
const MOST = { slope: 1, share: 0.05 };

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '10000000' },
    adapters: { type: 'string', default: 'worker,process,python' },
    /** In the process of one adapter: the folder with the built capsule. */
    within: { type: 'string' },
  },
});
const calls = Number(values.calls);
if (values.within === undefined) await inFolder(all);
else await one(values.adapters, values.within);

async function all(root) {
  await buildLatest(root);
  for (const name of values.adapters.split(',')) {
    const args = [import.meta.filename, '--calls', values.calls, '--adapters', name, '--within', root];
    const flags = ['--expose-gc', `--max-semi-space-size=${YOUNG_MIB}`];
    const { status } = spawnSync(process.execPath, [...flags, ...args], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}

async function one(name, root) {
  const cacheDir = path.join(root, 'cache');
  const wasm = wasmComponent(path.join(root, 'capsule'));
  const obstacle = await obstacleToConfining();
  const adapters = {
    worker: { component: wasm, zone: 'system' },
    process: { component: wasm, zone: 'tenant', obstacle },
    python: { component: pythonComponent(), zone: 'system' },
  };
  const { component, zone, obstacle: missing } = adapters[name];
  if (missing) console.log(`${name}: skipped, ${missing}`);
  else await soak(name, await rungFor(zone, { cacheDir, obstacle }).start(instanceOptions(component)));
}

async function soak(name, instance) {
  const samples = [];
  const start = performance.now();
  try {
    await instance.init();
    const batch = deliveries(BATCH);
    const every = Math.max(1, Math.floor(calls / BATCH / SAMPLES));
    for (let done = 0, round = 0; done < calls; done += BATCH, round += 1) {
      const outcomes = await instance.handle(batch);
      const bad = outcomes.find(({ kind }) => kind !== 'ok');
      if (bad) throw new Error(`${name}: ${bad.kind}: ${bad.message}`);
      if (round % every === 0) samples.push({ millions: done / 1e6, mib: memory() / MIB });
    }
  } finally {
    await instance.stop();
  }
  report(name, samples, (performance.now() - start) / 1000);
}

function report(name, samples, seconds) {
  const settled = samples.slice(samples.length >> 1);
  const slope = slopeOf(settled);
  const [first, last] = [settled.slice(0, 20), settled.slice(-20)].map(some =>
    median(some.map(({ mib }) => mib)),
  );
  const most = Math.max(...samples.map(({ mib }) => mib));
  console.log(
    `${name.padEnd(8)} ${calls.toLocaleString('en')} deliveries in ${seconds.toFixed(0)} s: ${first.toFixed(0)} MiB after the first half, ` +
      `${last.toFixed(0)} MiB at the end, ${most.toFixed(0)} MiB at most, ${slope.toFixed(2)} MiB a million`,
  );
  if (slope > MOST.slope && last > first * (1 + MOST.share)) process.exitCode = 1;
}

/** By least squares, in MiB for each million deliveries. */
function slopeOf(samples) {
  const mean = name => samples.reduce((sum, each) => sum + each[name], 0) / samples.length;
  const [x, y] = [mean('millions'), mean('mib')];
  const over = samples.reduce((sum, { millions, mib }) => sum + (millions - x) * (mib - y), 0);
  return over / samples.reduce((sum, { millions }) => sum + (millions - x) ** 2, 0);
}

/** Resident memory of this process and of all that it started, in bytes. */
function memory() {
  globalThis.gc();
  const parents = new Map();
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  const own = pid => pid === process.pid || (parents.has(pid) && own(parents.get(pid)));
  return [...parents.keys()].filter(own).reduce((sum, pid) => sum + residentOf(pid), 0);
}

function parentOf(pid) {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'latin1'), '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function residentOf(pid) {
  const statm = quietly(() => readFileSync(`/proc/${pid}/statm`, 'latin1'), '0 0');
  return Number(statm.split(' ')[1]) * PAGE;
}

/** Processes end while they are looked at. */
function quietly(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
