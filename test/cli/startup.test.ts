import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PRELOAD = `
  const { registerHooks } = require('node:module');
  const { writeFileSync } = require('node:fs');
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  process.on('exit', () => writeFileSync(process.env.LOADED, JSON.stringify(loaded)));
`;

/** The files that a command line of the build loads, by their names. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vnes-startup-'));
  const env = { PATH: process.env.PATH, HOME: folder, LOADED: join(folder, 'loaded.json') };
  await writeFile(join(folder, 'preload.cjs'), PRELOAD);
  const words = ['--require', join(folder, 'preload.cjs'), join(ROOT, 'bin/vnes.js'), ...args];
  await promisify(execFile)(process.execPath, words, { cwd: folder, env }).catch(() => {});
  const urls = JSON.parse(await readFile(env.LOADED, 'utf8')) as string[];
  return urls.filter(url => url.startsWith('file:')).map(url => url.slice(url.lastIndexOf('/') + 1));
}

describe('what a start loads', () => {
  test('vnes --version: the program file and its version', async () => {
    expect(await loadedBy('--version')).toEqual(['vnes.js', 'package.json']);
  });

  test('vnes verify: the hot file and nothing else', async () => {
    expect(await loadedBy('verify', '.')).toEqual(['vnes.js', 'vnes.cjs']);
    expect(await loadedBy('verify', '.', '--json', '--quiet')).toEqual(['vnes.js', 'vnes.cjs']);
  });

  test('and other command lines do load more', async () => {
    expect(await loadedBy('--help')).toContain('usage.js');
    expect(await loadedBy('explain', '--color=always')).toContain('render-colour.js');
  });
});

test('the hot file holds no package but small parts of generated validators, and stays small', async () => {
  const modules = JSON.parse(await readFile(join(ROOT, 'dist/hot-modules.json'), 'utf8')) as string[];
  const packages = modules.filter(name => name.includes('node_modules/'));
  expect(modules).toContain('src/trust/verify.ts');
  expect(packages.filter(name => !name.includes('node_modules/ajv/dist/runtime/'))).toEqual([]);
  expect(modules.length).toBeLessThan(110);
});
