/**
 * The most memory that `vnes verify` takes for a signed capsule with one large file; on several threads, for as many of them.
 *
 *   node bench/memory.js [--bytes 4294967297] [--jobs 1]
 *
 * The file is sparse, so it takes no room on the disk; by default it is one byte larger than what 32 bits can count. Needs a
 * build (npm run build). Ends with status 1 when the capsule is not verified or the memory is above the goal.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const GOAL_MIB = 200;
const VNES = path.resolve(import.meta.dirname, '../bin/vnes.js');
/** Notes the most memory that was in use at any time, in KiB, when the program ends. */
const PRELOAD = `
  const { writeFileSync } = require('node:fs');
  process.on('exit', () => writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS)));
`;

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(2 ** 32 + 1) },
    jobs: { type: 'string', default: '1' },
  },
});
const root = mkdtempSync(path.join(os.tmpdir(), 'vnes-bench-memory-'));
try {
  measure(Number(values.bytes), Number(values.jobs));
} finally {
  rmSync(root, { recursive: true });
}

function measure(bytes, jobs) {
  const names = Array.from({ length: jobs }, (_, index) => `large_${index}`);
  for (const name of names) makeCapsule(name, bytes);
  vnes('keys', 'create', '--no-passphrase');
  vnes('sign', ...names);
  const { seconds, peak, stdout } = vnes('verify', ...names, '--jobs', String(jobs));
  console.log(`${jobs} capsules with a file of ${bytes} bytes each, on ${jobs} threads`);
  console.log(`vnes verify      ${seconds.toFixed(1)} s`);
  console.log(`most memory      ${peak.toFixed(0)} MiB, goal: less than ${GOAL_MIB} MiB`);
  if (peak >= GOAL_MIB || !stdout.includes(`${jobs} verified + 0 failed`)) process.exitCode = 1;
}

function makeCapsule(name, bytes) {
  const manifest = {
    id: `user.bench.${name}`,
    version: '1.0.0',
    type: 'dataset',
    description: 'One large file.',
    capabilities: { provides: [`bench.${name}`] },
    governance: { tier: 'local', audit_level: 'none' },
  };
  mkdirSync(path.join(root, name, 'impl'), { recursive: true });
  writeFileSync(path.join(root, name, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(path.join(root, name, 'impl/data.bin'), '');
  truncateSync(path.join(root, name, 'impl/data.bin'), bytes);
  writeFileSync(path.join(root, 'preload.cjs'), PRELOAD);
}

function vnes(...args) {
  const start = performance.now();
  const peak = path.join(root, 'peak');
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ['--require', path.join(root, 'preload.cjs'), VNES, ...args],
    { cwd: root, env: { PATH: process.env.PATH, HOME: root, PEAK: peak }, encoding: 'utf8' },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`vnes ${args.join(' ')} ended with ${status}: ${stderr}`);
  return {
    seconds: (performance.now() - start) / 1000,
    peak: Number(readFileSync(peak, 'utf8')) / 1024,
    stdout,
  };
}
