/**
 * What metering costs: each kernel of bench/kernels.assembly as it is and metered, in turn in one process, and the geometric
 * mean of the ratios.
 *
 *   node bench/meter.js [rounds]
 *
 * Exits with 1 when the mean is above its limit.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';
import { meterModule } from '../src/sandbox/meter/meter.ts';

const ROUNDS = Number(process.argv[2] ?? 15);
const LIMIT = 1.6;
const KERNELS = { sha256: 8000, matmul: 128, sieve: 1_000_000, fib: 28, mandelbrot: 160, sort: 150_000 };

const core = await compile();
const counters = {
  fuel: new WebAssembly.Global({ value: 'i64', mutable: true }, 2n ** 62n),
  stack: new WebAssembly.Global({ value: 'i32', mutable: true }, 2 ** 21),
};
const bare = new WebAssembly.Instance(new WebAssembly.Module(core)).exports;
const metered = new WebAssembly.Instance(new WebAssembly.Module(meterModule(core)), {
  'vnes:meter': counters,
}).exports;

let product = 1;
for (const [name, size] of Object.entries(KERNELS)) product *= report(name, size);
const mean = product ** (1 / Object.keys(KERNELS).length);
process.stdout.write(`geometric mean: ${mean.toFixed(2)}, limit ${LIMIT}\n`);
if (mean > LIMIT) process.exitCode = 1;

/** The fastest of all rounds of each, after the engine has optimised both. */
function report(name, size) {
  const best = { bare: Number.POSITIVE_INFINITY, metered: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round += 1) {
    best.bare = Math.min(
      best.bare,
      time(() => bare[name](size)),
    );
    best.metered = Math.min(
      best.metered,
      time(() => metered[name](size)),
    );
  }
  const before = counters.fuel.value;
  metered[name](size);
  const fuel = Number(before - counters.fuel.value);
  const ratio = best.metered / best.bare;
  process.stdout.write(
    `${name.padEnd(11)} ${best.bare.toFixed(2)} ms bare, ${best.metered.toFixed(2)} ms metered, ratio ${ratio.toFixed(2)}, ` +
      `${(fuel / best.metered / 1e6).toFixed(2)} units of fuel a nanosecond\n`,
  );
  return ratio;
}

function time(run) {
  const before = performance.now();
  run();
  return performance.now() - before;
}

async function compile() {
  const source = readFileSync(path.join(import.meta.dirname, 'kernels.assembly'), 'utf8');
  let binary;
  const options = ['kernels.ts', '-o', 'kernels.wasm', '--runtime', 'stub', '--use', 'abort=', '-O3'];
  const { error, stderr } = await asc.main([...options, '--initialMemory', '64'], {
    readFile: name => (name === 'kernels.ts' ? source : null),
    writeFile: (_name, data) => {
      binary = data;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  return binary;
}
