/**
 * Records what later versions must replay for ever, and writes it to `fixtures/compat/NAME/`: the demo's network with snapshots, a branch
 * of it, and a capsule in Python. To be run once for each release, on its build; what is there is never written again.
 *
 *   node scripts/compat.js NAME
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { seattleWeather, toEvents, toNdjson } from './demo/events.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const DEMO = [
  path.join(ROOT, 'fixtures/demo/capsules'),
  '--trust',
  path.join(ROOT, 'fixtures/demo/vnes.trust.json'),
];
const DAYS = 60;
const FRAME = 8;
const FORK = 4;

const [name] = process.argv.slice(2);
if (!/^[\w.-]+$/.test(name ?? '')) throw new Error('usage: node scripts/compat.js NAME');
const target = path.join(ROOT, 'fixtures/compat', name);
if (fs.existsSync(target)) throw new Error(`${target} is there already`);
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'vnes-compat-'));
try {
  record();
} finally {
  fs.rmSync(work, { recursive: true });
}

function record() {
  const days = toEvents(fs.readFileSync(seattleWeather(), 'utf8')).slice(0, DAYS);
  fs.writeFileSync(path.join(work, 'days.ndjson'), toNdjson(days));
  fs.writeFileSync(path.join(work, 'rest.ndjson'), toNdjson(days.slice((FORK + 1) * FRAME)));
  vnes(
    'run',
    ...DEMO,
    '--input',
    'days.ndjson',
    '--record',
    'demo',
    '--frame-events',
    FRAME,
    '--snapshot-every',
    3,
  );
  vnes('branch', 'create', 'later', 'demo', '--at', `frame:${FORK}`);
  vnes('run', ...DEMO, '--from', 'demo@later', '--input', 'rest.ndjson');
  vnes('keys', 'create', '--no-passphrase');
  vnes('scaffold', 'python', 'local.python');
  vnes('build', 'python');
  vnes('sign', 'python');
  vnes('run', 'python', '--input', 'python/examples/events.ndjson', '--record', 'recorded');
  fs.mkdirSync(target, { recursive: true });
  const roots = {
    demo: keep('demo', 'demo'),
    branch: keep('demo@later', 'branch'),
    python: keep('recorded', 'python'),
  };
  fs.writeFileSync(path.join(target, 'roots.json'), `${JSON.stringify(roots, undefined, 2)}\n`);
}

/** Keeps an export of a recording; its roots, as a replay found them. */
function keep(recording, file) {
  vnes('export', recording, 'exported.vnes');
  fs.writeFileSync(
    path.join(target, `${file}.vnes.gz`),
    gzipSync(fs.readFileSync(path.join(work, 'exported.vnes'))),
  );
  fs.rmSync(path.join(work, 'exported.vnes'));
  const { logRoot, stateRoot } = vnes('replay', recording);
  return { logRoot, stateRoot };
}

function vnes(...args) {
  const command = [path.join(ROOT, 'bin/vnes.js'), '--json', ...args.map(String)];
  const env = { PATH: process.env.PATH, HOME: work };
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: work, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`vnes ${args.join(' ')} ended with ${status}: ${stdout}`);
  return JSON.parse(stdout).data;
}
