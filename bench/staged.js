/**
 * Times `vnes verify --staged` in a repository of 1,000 capsules of 10 files of 4 KB, one of which is changed and staged,
 * against `git status` there. The two take turns, so that a busy machine slows both.
 *
 *   node bench/staged.js [--capsules 1000] [--rounds 21]
 *
 * Needs a build (npm run build) and git. Ends with status 1 when the median ratio is above the goal.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './median.js';

const GOAL = 3;
const FILES = 10;
const FILE_BYTES = 4096;
const VNES = path.resolve(import.meta.dirname, '../bin/vnes.js');

const { values } = parseArgs({
  options: {
    capsules: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '21' },
  },
});
const CAPSULES = Number(values.capsules);
const ROUNDS = Number(values.rounds);

const root = mkdtempSync(path.join(os.tmpdir(), 'vnes-bench-staged-'));
try {
  bench();
} finally {
  rmSync(root, { recursive: true });
}

function bench() {
  for (let index = 0; index < CAPSULES; index += 1) writeCapsule(index, '1.0.0');
  vnes('keys', 'create', '--no-passphrase');
  vnes('sign', 'capsules');
  git('init', '-q', '.');
  git('add', 'capsules');
  git('commit', '-q', '-m', 'base');
  vnes('sign', writeCapsule(CAPSULES >> 1, '1.0.1'));
  git('add', 'capsules');
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const status = timed(() => git('status'));
    const ours = timed(verifyStaged);
    if (round > 0) rounds.push({ status, ours, ratio: ours / status }); // the first warms the caches
  }
  const [status, ours, ratio] = ['status', 'ours', 'ratio'].map(key =>
    median(rounds.map(round => round[key])),
  );
  const all = rounds.map(round => round.ratio).sort((a, b) => a - b);
  console.log(
    `one of ${CAPSULES} capsules of ${FILES} files of ${FILE_BYTES} bytes, ${ROUNDS} rounds in turns`,
  );
  console.log(`git status            ${status.toFixed(0)} ms`);
  console.log(`vnes verify --staged  ${ours.toFixed(0)} ms`);
  const range = `${all[0].toFixed(2)} to ${all.at(-1).toFixed(2)}`;
  console.log(`ratio                 ${ratio.toFixed(2)} (median; ${range}), goal: at most ${GOAL}`);
  if (ratio > GOAL) process.exitCode = 1;
}

/** Writes one capsule and returns its folder. */
function writeCapsule(index, version) {
  const name = `capsule_${String(index).padStart(5, '0')}`;
  const folder = path.join('capsules', name);
  for (const below of ['spec', 'impl']) mkdirSync(path.join(root, folder, below), { recursive: true });
  const put = (file, text) =>
    writeFileSync(path.join(root, folder, file), text.padEnd(FILE_BYTES - 1, ' x').concat('\n'));
  writeFileSync(path.join(root, folder, 'manifest.json'), manifest(name, version));
  put('spec/logic.md', `# ${name} ${version}\n`);
  for (let file = 0; file < FILES - 2; file += 1) put(`impl/part_${file}.txt`, `${name} ${file}\n`);
  return folder;
}

/** A manifest that fills its file: the rest is description. */
function manifest(name, version) {
  const written = description =>
    JSON.stringify({
      id: `user.bench.${name}`,
      version,
      type: 'logic',
      description,
      capabilities: { provides: [`bench.${name}`], determinism_tier: 'D0_bit_exact' },
      governance: { tier: 'local', audit_level: 'none' },
      security: { trust_zone: 'session' },
    });
  return written('x'.repeat(FILE_BYTES - written('').length));
}

function verifyStaged() {
  const { totals } = JSON.parse(vnes('verify', '--staged', '--quiet', '--json')).data;
  if (totals.verified !== 1 || totals.discovered !== 1)
    throw new Error(`verified ${totals.verified} capsules`);
}

function vnes(...args) {
  return run(process.execPath, [VNES, ...args]);
}

function git(...args) {
  return run('git', ['-c', 'user.name=Bench', '-c', 'user.email=bench@example.org', ...args]);
}

/** Runs a program with nothing of this environment that could change its work. */
function run(program, args) {
  const env = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, env, maxBuffer: 2 ** 30 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.toString();
}

function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}
