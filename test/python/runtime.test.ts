import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { LIMITS } from '../../src/base/limits.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { codeOf, codePaths } from '../../src/kernel/code.ts';
import { readAsset, readBeside, STDLIB } from '../../src/sandbox/python/assets.ts';
import { kept } from '../../src/sandbox/python/kept.ts';
import { makeCore, makeImage } from '../../src/sandbox/python/make.ts';
import { PINS } from '../../src/sandbox/python/pins.ts';
import { RELEASE } from '../../src/sandbox/python/release.ts';
import { KNOWN_FLAGS } from '../../src/store/flags.ts';
import { said, scripts } from '../sandbox/probe.ts';
import { startPython } from './python.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

test('the interpreter and its image come out as they are pinned, whatever is around', () => {
  const core = makeCore();
  expect(sha256(core)).toBe(PINS.core);
  expect(WebAssembly.validate(core)).toBe(true);
  vi.stubEnv('TZ', 'Pacific/Apia');
  vi.useFakeTimers({ now: 1e12 });
  try {
    expect(sha256(makeImage(core))).toBe(PINS.images[0]);
  } finally {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  }
}, 60_000);

test('so do those with other seeds of hashes and other NaNs, which audits use', () => {
  const core = makeCore();
  expect([sha256(makeImage(core, 1)), sha256(makeImage(core, 2))]).toEqual(PINS.images.slice(1));
  expect(sha256(makeCore('negative'))).toBe(PINS.negativeNans);
}, 180_000);

test('recordings of Python capsules name the image that they depend on', () => {
  expect(KNOWN_FLAGS).toContain(`python ${PINS.images[0].slice('sha256:'.length, 'sha256:'.length + 16)}`);
});

test('the release is the one that is installed', async () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../node_modules/pyodide/package.json'), 'utf8'),
  );
  expect(version).toBe(RELEASE.pyodide);
  const instance = await startPython('system');
  await instance.init();
  const [outcome] = await instance.handle(scripts('".".join(map(str, __import__("sys").version_info[:3]))'));
  expect(said(outcome)).toBe(RELEASE.python);
  await instance.stop();
}, 60_000);

test('what lies in the cache under another digest is not believed, and put right', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vnes-kept-'));
  const good = bytes('good');
  const make = vi.fn(() => good);
  expect(kept(dir, sha256(good), make)).toEqual(good);
  expect(kept(dir, sha256(good), make)).toEqual(good);
  expect(make).toHaveBeenCalledTimes(1);
  const [name] = readdirSync(dir);
  expect(statSync(join(dir, name!)).mode & 0o077).toBe(0);
  writeFileSync(join(dir, name!), 'poisoned');
  expect(kept(dir, sha256(good), make)).toEqual(good);
  expect(readFileSync(join(dir, name!), 'utf8')).toBe('good');
  expect(readdirSync(dir)).toEqual([name]);
});

test('what comes out wrong is not kept, and a cache that cannot be written is no error', () => {
  const dir = mkdtempSync(join(tmpdir(), 'vnes-kept-'));
  kept(dir, sha256('good'), () => bytes('bad'));
  expect(readdirSync(dir)).toEqual([]);
  rmSync(dir, { recursive: true });
  writeFileSync(dir, '');
  expect(kept(dir, sha256('good'), () => bytes('good'))).toEqual(bytes('good'));
});

test('a file of the release that is another one, or none, is refused', () => {
  expect(() => readAsset({ ...STDLIB, digest: sha256('other') })).toThrow('VNES5030');
  expect(() => readBeside('no-such-file.zip')).toThrow('VNES5030');
});

test('an interpreter that comes out otherwise is refused', async () => {
  vi.resetModules();
  vi.doMock('../../src/sandbox/python/pins.ts', () => ({ PINS: { ...PINS, core: sha256('other') } }));
  try {
    const { pythonRuntime } = await import('../../src/sandbox/python/runtime.ts');
    expect(() => pythonRuntime(undefined)).toThrow('VNES5031');
  } finally {
    vi.doUnmock('../../src/sandbox/python/pins.ts');
    vi.resetModules();
  }
}, 60_000);

test('more sources than an interpreter takes are refused', () => {
  const manifest = { id: 'a.b', version: '1.0.0', interfaces: { python: 'impl.src.main:run' } } as Manifest;
  const large = new Uint8Array(LIMITS.pythonTreeBytes / 2);
  const paths = ['impl/a.bin', 'impl/src/main.py', 'impl/b.bin', 'impl/c.pyc', 'spec/d.bin'];
  const files = { manifest, paths, read: () => large };
  expect(() => codeOf(files)).toThrow('VNES5033');
  expect(codeOf({ ...files, paths: paths.slice(1) })).toMatchObject({ language: 'python' });
  expect(codePaths(manifest, paths)).toEqual(['impl/a.bin', 'impl/b.bin', 'impl/src/main.py']);
});
