/**
 * What starting costs: `vnes --version` and `vnes verify` of one capsule, as ratios to `node -e 0` on the same Node.js.
 *
 *   node bench/startup.js [runs]
 *
 * Exits with 1 when a ratio is above its limit.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './median.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const VNES = path.join(ROOT, 'bin/vnes.js');
/** Where a new key is trusted, below the home folder. */
const TRUST = '.config/vnes/trust.json';
const RUNS = Number(process.argv[2] ?? 41);
const LIMITS = { version: 1.3, verify: 2 };

const folder = mkdtempSync(path.join(tmpdir(), 'vnes-bench-'));
// Two variables only: NODE_EXTRA_CA_CERTS alone can cost more than all that is measured here.
const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder }, encoding: 'utf8' };
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

signCapsule();
const times = { bare: [], version: [], verify: [] };
for (let run = 0; run < RUNS; run += 1) {
  times.bare.push(time(['-e', '0']));
  times.version.push(time([VNES, '--version']));
  times.verify.push(time([VNES, 'verify', 'capsule']));
}
const bare = median(times.bare);
for (const [name, limit] of Object.entries(LIMITS)) {
  const ratio = median(times[name]) / bare;
  if (ratio > limit) process.exitCode = 1;
  const figures = `${median(times[name]).toFixed(1)} ms, ${ratio.toFixed(2)} times node -e 0 (${bare.toFixed(1)} ms)`;
  process.stdout.write(`vnes ${name}: ${figures}, limit ${limit}\n`);
}

function signCapsule() {
  const capsule = path.join(ROOT, 'fixtures/demo/capsules/seattle.weather.alert_report');
  cpSync(capsule, path.join(folder, 'capsule'), { recursive: true });
  rmSync(path.join(folder, 'capsule', 'receipt.stunir.json'));
  vnes('keys', 'create', '--no-passphrase');
  const trust = path.join(folder, TRUST);
  writeFileSync(trust, readFileSync(trust, 'utf8').replace('user.*', 'seattle.*'));
  vnes('sign', 'capsule');
  vnes('verify', 'capsule');
}

function vnes(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [VNES, ...args], options);
  if (status !== 0) throw new Error(`vnes ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
}

/** Milliseconds. */
function time(args) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, options);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return performance.now() - start;
}
