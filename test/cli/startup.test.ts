import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PRELOAD = `
  const { registerHooks } = require('node:module');
  const { writeFileSync } = require('node:fs');
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  process.on('exit', () => writeFileSync(process.env.LOADED, JSON.stringify(loaded)));
`;

/** The files that a command line of the build loads, by their names. */
function loadedBy(...args: string[]): Promise<string[]> {
  return loadedOf(ROOT, args);
}

async function loadedOf(root: string, args: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vnes-startup-'));
  const env = { PATH: process.env.PATH, HOME: folder, LOADED: join(folder, 'loaded.json') };
  await writeFile(join(folder, 'preload.cjs'), PRELOAD);
  const words = ['--require', join(folder, 'preload.cjs'), join(root, 'bin/vnes.js'), ...args];
  await promisify(execFile)(process.execPath, words, { cwd: folder, env }).catch(() => {});
  const urls = JSON.parse(await readFile(env.LOADED, 'utf8')) as string[];
  return urls.filter(url => url.startsWith('file:')).map(url => url.slice(url.lastIndexOf('/') + 1));
}

describe('what a start loads', () => {
  test('vnes --version: the program file and its version', async () => {
    expect(await loadedBy('--version')).toEqual(['vnes.js', 'package.json']);
  });

  test('vnes verify: the hot file and nothing else, as it was compiled in the build', async () => {
    expect(await loadedBy('verify', '.')).toEqual(['vnes.js', 'load.cjs']);
    expect(await loadedBy('verify', '.', '--json', '--quiet')).toEqual(['vnes.js', 'load.cjs']);
  });

  test('and other command lines do load more', async () => {
    expect(await loadedBy('--help')).toContain('usage.js');
    expect(await loadedBy('explain', '--color=always')).toContain('render-colour.js');
  });

  test('React and ink lie in one file, which waits for the full screen', async () => {
    const texts = new Map<string, string>();
    const dist = join(ROOT, 'dist');
    for (const name of await readdir(dist))
      if (name.endsWith('js')) texts.set(name, await readFile(join(dist, name), 'utf8'));
    const withReact = [...texts].flatMap(([name, text]) =>
      text.includes('react.transitional.element') ? [name] : [],
    );
    expect(withReact).toHaveLength(1);
    for (const more of [[], ['--tui']])
      expect(await loadedBy('quarantine-inspect', ...more)).not.toContain(withReact[0]);
  });
});

describe('the program as it was compiled in the build', () => {
  const { COMPILED } = createRequire(import.meta.url)('../../bin/load.cjs') as { COMPILED: string };
  const code = basename(COMPILED);

  test.each<[string, (code: Buffer, source: Buffer) => readonly [code: Buffer, source: Buffer] | undefined]>([
    ['there is none', () => undefined],
    [
      'it is of another source of the same length',
      (code, source) => [code, Buffer.concat([source.subarray(0, -1), Buffer.from(' ')])],
    ],
    [
      'it says of which source it is, and is of another build of V8',
      (code, source) => [damaged(code, 64 + 4), source],
    ],
    ['it is cut short', (code, source) => [code.subarray(0, -1000), source]],
    ['it is empty', (_, source) => [Buffer.alloc(0), source]],
  ])('is not used when %s, and the file is loaded', async (_, change) => {
    const folder = await copyOfBuild();
    const [file, program] = [join(folder, 'dist', code), join(folder, 'dist/vnes.cjs')];
    expect(await loadedOf(folder, ['verify', '.'])).toEqual(['vnes.js', 'load.cjs']);
    const changed = change(await readFile(file), await readFile(program));
    await rm(file);
    if (changed) await Promise.all([writeFile(file, changed[0]), writeFile(program, changed[1])]);
    expect(await loadedOf(folder, ['verify', '.'])).toEqual(['vnes.js', 'load.cjs', 'vnes.cjs']);
  });

  async function copyOfBuild(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'vnes-startup-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const name of ['bin', 'package.json', 'dist/vnes.cjs', join('dist', code)]) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
    }
    return folder;
  }

  function damaged(code: Buffer, at: number): Buffer {
    const other = Buffer.from(code);
    other[at]! ^= 1;
    return other;
  }
});

test('the hot file holds no package but small parts of generated validators, and stays small', async () => {
  const modules = JSON.parse(await readFile(join(ROOT, 'dist/hot-modules.json'), 'utf8')) as string[];
  const packages = modules.filter(name => name.includes('node_modules/'));
  expect(modules).toContain('src/trust/verify.ts');
  expect(packages.filter(name => !name.includes('node_modules/ajv/dist/runtime/'))).toEqual([]);
  expect(modules.length).toBeLessThan(120);
});
