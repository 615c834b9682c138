/**
 * Sets up a clone on a machine that has only Node.js (20 or later) and npm, then runs the given scripts one after the other
 * on the pinned Node.js of node_modules.
 *
 *   node scripts/setup.js [script.js]...
 *
 * Plain JavaScript without packages, because it runs before any is installed. Does nothing slow when all is in place.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const MODULES = path.join(ROOT, 'node_modules');
const BIN = path.join(MODULES, '.bin');
const NODE = path.join(MODULES, 'node/bin/node');
/** With these, the installer of lefthook leaves the hooks of this clone alone; it is here to be tested against. */
const QUIET = { ...process.env, CI: '1', LEFTHOOK: '0' };
const ENVIRONMENT = { ...process.env, PATH: `${BIN}${path.delimiter}${process.env.PATH}` };

if (!isInstalled()) install();
requirePinnedNode();
for (const script of process.argv.slice(2)) run(script);

/**
 * Whether node_modules is what the lock file asks for, by the copy of it that npm leaves there at the end of an install.
 * Packages for other platforms are optional, and may be missing; so may those that nothing requires.
 */
function isInstalled() {
  const hidden = path.join(MODULES, '.package-lock.json');
  if (!existsSync(hidden) || !existsSync(NODE)) return false;
  const { '': _root, ...wanted } = packagesOf(path.join(ROOT, 'package-lock.json'));
  const present = packagesOf(hidden);
  return Object.entries(wanted).every(([name, entry]) => {
    const found = present[name];
    return found
      ? found.version === entry.version && found.integrity === entry.integrity
      : entry.optional || entry.extraneous;
  });
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/**
 * `npm ci` refuses a lock file without the optional packages of every platform, which not every registry has. Then a plain
 * install takes the same versions, checked against the same hashes, and leaves the lock file alone.
 */
function install() {
  say('installing the development packages');
  const first = npm('ci');
  if (first.status === 0) return;
  const second = npm('install', '--no-save');
  if (second.status !== 0) stop(`the packages could not be installed\n${first.stderr}${second.stderr}`);
}

function npm(...words) {
  return spawnSync('npm', [...words, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    env: QUIET,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
}

/** Some versions of npm leave the install script out that unpacks Node.js itself. */
function requirePinnedNode() {
  if (nodeMajor() === undefined) {
    spawnSync('npm', ['rebuild', 'node', '--foreground-scripts'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  }
  const major = nodeMajor();
  if (major === undefined || major < 24) stop(`no Node.js 24 in node_modules; run: npm rebuild node`);
}

function nodeMajor() {
  const { status, stdout } = spawnSync(NODE, ['--version'], { encoding: 'utf8' });
  return status === 0 ? Number.parseInt(stdout.slice(1), 10) : undefined;
}

function run(script) {
  const { status, signal } = spawnSync(NODE, [path.join(ROOT, script)], {
    cwd: ROOT,
    env: ENVIRONMENT,
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exitCode = signal === 'SIGINT' ? 130 : (status ?? 1);
    process.exit();
  }
}

function say(text) {
  process.stderr.write(`vnes: ${text}\n`);
}

function stop(reason) {
  say(reason);
  process.exit(4);
}
