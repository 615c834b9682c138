/**
 * Times `vnes verify` over 1,000 signed capsules of 10 files of 4 KB, signatures included, against `git hash-object` over the
 * same 10,000 files (without the receipts, which vnes reads too). They take turns, so that a busy machine slows all. The goal is for
 * what people and hooks run, with its text; the same with the whole report as JSON, of three megabytes, is told beside it.
 *
 *   node bench/verify.js [--capsules 1000] [--rounds 11]
 *
 * Needs a build (npm run build) and git. Ends with status 1 when the median ratio is above the goal.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './median.js';

const GOAL = 2.5;
const FILES = 10;
const FILE_BYTES = 4096;
const VNES = path.resolve(import.meta.dirname, '../bin/vnes.js');

const { values } = parseArgs({
  options: {
    capsules: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '11' },
  },
});
const CAPSULES = Number(values.capsules);
const ROUNDS = Number(values.rounds);

const root = mkdtempSync(path.join(os.tmpdir(), 'vnes-bench-verify-'));
try {
  bench();
} finally {
  rmSync(root, { recursive: true });
}

function bench() {
  const names = makeCapsules();
  vnes('keys', 'create', '--no-passphrase');
  vnes('sign', 'capsules');
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const git = timed(() => hashObject(names));
    const ours = timed(() => verifyAll());
    const json = timed(() => verifyAsJson());
    if (round > 0) rounds.push({ git, ours, json, ratio: ours / git, jsonRatio: json / git }); // the first warms the caches
  }
  const [git, ours, json, ratio, jsonRatio] = ['git', 'ours', 'json', 'ratio', 'jsonRatio'].map(key =>
    median(rounds.map(round => round[key])),
  );
  const all = rounds.map(round => round.ratio).sort((a, b) => a - b);
  console.log(`${CAPSULES} capsules of ${FILES} files of ${FILE_BYTES} bytes, ${ROUNDS} rounds in turns`);
  console.log(`git hash-object  ${git.toFixed(0)} ms`);
  console.log(`vnes verify      ${ours.toFixed(0)} ms`);
  const range = `${all[0].toFixed(2)} to ${all.at(-1).toFixed(2)}`;
  console.log(`ratio            ${ratio.toFixed(2)} (median; ${range}), goal: at most ${GOAL}`);
  console.log(`with --json      ${json.toFixed(0)} ms, ratio ${jsonRatio.toFixed(2)}`);
  if (ratio > GOAL) process.exitCode = 1;
}

/** Makes the capsules; returns the paths of all their files. */
function makeCapsules() {
  const names = [];
  for (let index = 0; index < CAPSULES; index += 1) {
    const name = `capsule_${String(index).padStart(5, '0')}`;
    for (const folder of ['spec', 'impl'])
      mkdirSync(path.join(root, 'capsules', name, folder), { recursive: true });
    const files = Array.from({ length: FILES - 2 }, (_, file) => `impl/part_${file}.txt`);
    const put = (file, text) => {
      names.push(path.join('capsules', name, file));
      writeFileSync(path.join(root, names.at(-1)), text.padEnd(FILE_BYTES - 1, ' x').concat('\n'));
    };
    put('manifest.json', manifest(name));
    put('spec/logic.md', `# ${name}\n`);
    for (const file of files) put(file, `${name} ${file}\n`);
  }
  return names;
}

/** A manifest that fills its file: the rest is description. */
function manifest(name) {
  const written = description =>
    JSON.stringify({
      id: `user.bench.${name}`,
      version: '1.0.0',
      type: 'logic',
      description,
      capabilities: { provides: [`bench.${name}`], determinism_tier: 'D0_bit_exact' },
      governance: { tier: 'local', audit_level: 'none' },
      security: { trust_zone: 'session' },
    });
  return written('x'.repeat(FILE_BYTES - 1 - written('').length));
}

function hashObject(names) {
  const out = run('git', ['hash-object', '--stdin-paths'], `${names.join('\n')}\n`);
  if (out.split('\n').length !== names.length + 1) throw new Error('git did not hash every file');
}

function verifyAll() {
  const out = vnes('verify', 'capsules');
  const expected = `${CAPSULES} discovered = ${CAPSULES} verified + 0 failed`;
  if (!out.includes(expected)) throw new Error(`it did not say: ${expected}`);
}

function verifyAsJson() {
  const out = vnes('verify', 'capsules', '--quiet', '--json');
  const { totals } = JSON.parse(out).data;
  if (totals.verified !== CAPSULES) throw new Error(`verified ${totals.verified} of ${CAPSULES} capsules`);
}

function vnes(...args) {
  return run(process.execPath, [VNES, ...args]);
}

/** Runs a program with nothing of this environment that could change its work. */
function run(program, args, input = '') {
  const env = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: '1' };
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    env,
    input,
    maxBuffer: 2 ** 30,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.toString();
}

function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}
