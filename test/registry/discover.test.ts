import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { discoverCapsules } from '../../src/registry/discover.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'vnes-discover-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function put(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(cwd, file)), { recursive: true });
    await writeFile(join(cwd, file), '{}');
  }
}

async function codes(...patterns: string[]): Promise<string[]> {
  try {
    return [`found ${(await discoverCapsules(patterns, cwd)).join(' ')}`];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map(({ code, place }) => `${code} ${place?.file ?? ''}`);
  }
}

test('finds a named folder, capsules below it, and one whose manifest is gone', async () => {
  await put('c/a/manifest.json', 'c/deep/b/receipt.stunir.json', 'c/README.md');
  expect(await discoverCapsules(['c/a/'], cwd)).toEqual(['c/a']);
  expect(await discoverCapsules(['c'], cwd)).toEqual(['c/a', 'c/deep/b']);
  expect(await discoverCapsules(['.'], cwd)).toEqual(['c/a', 'c/deep/b']);
  expect(await discoverCapsules(['.'], join(cwd, 'c/a'))).toEqual(['.']);
  expect(await discoverCapsules([join(cwd, 'c')], '/')).toEqual([join(cwd, 'c/a'), join(cwd, 'c/deep/b')]);
});

test('does not enter capsules, node_modules or dot folders', async () => {
  await put(
    'a/manifest.json',
    'a/spec/inner/manifest.json',
    'node_modules/x/manifest.json',
    '.vnes/y/manifest.json',
  );
  expect(await discoverCapsules(['.'], cwd)).toEqual(['a']);
  expect(await discoverCapsules(['**'], cwd)).toEqual(['a']);
});

test('globs work, an existing path with glob characters is that path, and each folder comes once', async () => {
  await put('c/a/manifest.json', 'c/b/manifest.json', 'c/[a]/manifest.json', 'c/note.txt');
  expect(await discoverCapsules(['c/{a,b}'], cwd)).toEqual(['c/a', 'c/b']);
  expect(await discoverCapsules(['c/[a]'], cwd)).toEqual(['c/[a]']);
  expect(await discoverCapsules(['c/*', './c/a', 'c', join(cwd, 'c/b')], cwd)).toEqual([
    'c/[a]',
    'c/a',
    'c/b',
  ]);
});

test('orders by UTF-8 bytes, where UTF-16 order differs', async () => {
  await put('\u{1f600}/manifest.json', '\uff5e/manifest.json', 'z/manifest.json');
  expect(await discoverCapsules(['.'], cwd)).toEqual(['z', '\uff5e', '\u{1f600}']);
});

test('every pattern must lead to a capsule, and all problems are told at once', async () => {
  await put('a/manifest.json', 'empty/x.txt', 'file');
  expect(await codes('a', 'empty', 'missing', 'file', 'no*', '', 'a\0b')).toEqual([
    'VNES4001 empty',
    'VNES1010 missing',
    'VNES4002 file',
    'VNES4001 no*',
    'VNES1010 ',
    'VNES1010 a\0b',
  ]);
  expect(await codes()).toEqual(['VNES4001 ']);
});

test('links to folders are reported below a root, followed when named, and links to files are left alone', async () => {
  await put('real/a/manifest.json', 'c/b/manifest.json', 'c/x.txt');
  await symlink('../real', join(cwd, 'c/link'));
  await symlink('x.txt', join(cwd, 'c/note'));
  expect(await codes('c')).toEqual(['VNES4003 c/link']);
  expect(await codes('c/*')).toEqual(['VNES4003 c/link']);
  expect(await codes('c/link')).toEqual(['found c/link/a']);
  expect(await codes('real', 'c/link')).toEqual(['found real/a']);
});

test('a broken link is reported, since nobody knows what it hides', async () => {
  await put('c/b/manifest.json');
  await symlink('nowhere', join(cwd, 'c/gone'));
  expect(await codes('c')).toEqual(['VNES4003 c/gone']);
});

test('a folder whose name would pass for another line is refused', async () => {
  await put('c/a\nverified  b@1.0.0  c/b: signed by ada/manifest.json', 'd/x\u202ey/manifest.json');
  expect(await codes('c', 'd/*')).toEqual([
    'VNES2021 c/a\nverified  b@1.0.0  c/b: signed by ada',
    'VNES2021 d/x\u202ey',
  ]);
});

test('folders beyond the depth limit are reported, capsules at the limit are found', async () => {
  await put('1/2/3/4/5/6/7/8/manifest.json');
  expect(await codes('.')).toEqual(['found 1/2/3/4/5/6/7/8']);
  await put('d/2/3/4/5/6/7/8/9/manifest.json');
  expect(await codes('d')).toEqual(['found d/2/3/4/5/6/7/8/9']);
  expect(await codes('.')).toEqual(['VNES4004 d/2/3/4/5/6/7/8/9']);
});
