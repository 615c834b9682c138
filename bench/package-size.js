/**
 * What the package takes when it is installed for production: packs it, installs the tarball into an empty folder, measures,
 * and runs the installed program.
 *
 *   node bench/package-size.js
 *
 * Exits with 1 when it is above its limit.
 */
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Bytes. */
const LIMIT = 40 * 1024 * 1024;

const folder = mkdtempSync(path.join(tmpdir(), 'vnes-package-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const [packed] = JSON.parse(
  run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT),
);
const target = path.join(folder, 'installed');
mkdirSync(target);
writeFileSync(path.join(target, 'package.json'), '{ "private": true }\n');
const tarball = path.join(folder, packed.filename);
run('npm', ['install', '--omit=dev', '--offline', '--no-audit', '--no-fund', tarball], target);
run(process.execPath, [path.join(target, 'node_modules/vnes/bin/vnes.js'), 'scaffold', '--list'], target);

const bytes = size(path.join(target, 'node_modules'));
process.stdout.write(
  `package: ${megabytes(packed.size)} packed, ${megabytes(bytes)} installed, limit ${megabytes(LIMIT)}\n`,
);
if (bytes > LIMIT) process.exitCode = 1;

function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

function size(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.reduce((sum, name) => sum + lstatSync(path.join(folder, name)).size, 0);
}

function megabytes(count) {
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}
