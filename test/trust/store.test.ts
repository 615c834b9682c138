import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { loadTrust } from '../../src/trust/store.ts';
import { newKey, portsIn, temporaryFolder, writeFiles } from './capsules.ts';

function entry(key: SigningKey, name = 'ada', namespaces: readonly string[] = ['user.ada.*']) {
  return { name, public_key: key.public.base64, namespaces };
}

function file(...keys: readonly object[]): string {
  return JSON.stringify({ version: 1, keys });
}

async function refusal(load: () => Promise<unknown>) {
  try {
    await load();
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0].code;
    throw error;
  }
  return undefined;
}

const names = async (store: ReturnType<typeof loadTrust>) => (await store).keys.map(({ name }) => name);

describe('loadTrust', () => {
  test("adds up the user's file and the nearest one of the repository", async () => {
    const folder = temporaryFolder();
    const [mine, near, far] = [newKey(), newKey(), newKey()];
    writeFiles(folder, {
      'home/.config/vnes/trust.json': file(entry(mine, 'mine')),
      'repo/.git/HEAD': '',
      'repo/vnes.trust.json': file(entry(far, 'far')),
      'repo/a/vnes.trust.json': file(entry(near, 'near')),
      'repo/a/b/c/file': '',
    });
    const ports = portsIn(folder);
    const at = (cwd: string) => ({ ...ports, env: { ...ports.env, cwd: path.join(folder, cwd) } });
    expect(await names(loadTrust({ capsules: [] }, at('repo/a/b/c')))).toEqual(['mine', 'near']);
    expect(await names(loadTrust({ capsules: [] }, at('repo')))).toEqual(['mine', 'far']);
    expect(await names(loadTrust({ capsules: [], file: '../repo/vnes.trust.json' }, at('home')))).toEqual([
      'far',
    ]);
  });

  test('does not look above the repository', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'vnes.trust.json': file(entry(newKey())), 'repo/.git/HEAD': '' });
    const ports = portsIn(path.join(folder, 'repo'));
    expect(await loadTrust({ capsules: [] }, ports)).toEqual({ keys: [], files: [] });
  });

  test('is not led astray by a capsule that brings a repository of its own', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'vnes.trust.json': file(entry(newKey(), 'above')),
      'repo/.git/HEAD': '',
      'repo/vnes.trust.json': file(entry(newKey(), 'repository')),
      'repo/capsule/.git/HEAD': '',
      'alone/.git/HEAD': '',
    });
    const within = (capsule: string) => loadTrust({ capsules: ['.'] }, portsIn(path.join(folder, capsule)));
    expect(await names(within('repo/capsule'))).toEqual(['repository']);
    expect(await names(within('alone'))).toEqual([]);
  });

  test('does not read a file inside a capsule under test', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'vnes.trust.json': file(entry(newKey(), 'outside')),
      'capsule/vnes.trust.json': file(entry(newKey(), 'inside')),
      'capsule/impl/vnes.trust.json': file(entry(newKey(), 'deeper')),
    });
    const ports = portsIn(path.join(folder, 'capsule/impl'));
    expect(await names(loadTrust({ capsules: ['..'] }, ports))).toEqual(['outside']);
    expect(await names(loadTrust({ capsules: [] }, ports))).toEqual(['deeper']);
  });

  test('does not read a file from a folder that everybody may write to', async () => {
    const folder = temporaryFolder();
    const open = path.join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    writeFiles(open, { 'vnes.trust.json': file(entry(newKey())) });
    expect(await names(loadTrust({ capsules: [] }, portsIn(open)))).toEqual([]);
  });

  test("reads the user's file from XDG_CONFIG_HOME when that is an absolute path", async () => {
    const folder = temporaryFolder();
    writeFiles(folder, {
      'config/vnes/trust.json': file(entry(newKey(), 'xdg')),
      'home/.config/vnes/trust.json': file(entry(newKey(), 'home')),
    });
    const load = (value: string) =>
      names(loadTrust({ capsules: [] }, portsIn(folder, { XDG_CONFIG_HOME: value })));
    expect(await load(path.join(folder, 'config'))).toEqual(['xdg']);
    expect(await load('config')).toEqual(['home']);
    expect(await load('')).toEqual(['home']);
  });

  test('counts one key that two files name once, for the namespaces of both', async () => {
    const folder = temporaryFolder();
    const key = newKey();
    writeFiles(folder, {
      'home/.config/vnes/trust.json': file(entry(key, 'me', ['user.*'])),
      'vnes.trust.json': file(entry(key, 'ada', ['tenant.a.*'])),
    });
    expect((await loadTrust({ capsules: [] }, portsIn(folder))).keys).toMatchObject([
      { name: 'me', namespaces: ['user.*', 'tenant.a.*'] },
    ]);
  });

  const key = newKey();
  test.each<[string, string, string]>([
    ['that is empty', '', 'VNES1002'],
    ['without keys', file(), 'VNES1011'],
    ['of another version', JSON.stringify({ version: 2, keys: [entry(key)] }), 'VNES1011'],
    ['with an unknown field', file({ ...entry(key), threshold: 0 }), 'VNES1011'],
    ['with a key for everything', file(entry(key, 'ada', ['*'])), 'VNES1011'],
    ['with a key for nothing', file(entry(key, 'ada', [])), 'VNES1011'],
    ['with a pattern in the middle', file(entry(key, 'ada', ['user.*.x'])), 'VNES1011'],
    ['with a pattern in a segment', file(entry(key, 'ada', ['user.a*'])), 'VNES1011'],
    [
      'with a key that is cut off',
      file({ ...entry(key), public_key: key.public.base64.slice(0, -4) }),
      'VNES1011',
    ],
    [
      'with a key of small order',
      file({ ...entry(key), public_key: `MCowBQYDK2VwAyEA${'A'.repeat(43)}=` }),
      'VNES2033',
    ],
    [
      'with a key in base64 with stray bits',
      file({ ...entry(key), public_key: key.public.base64.replace(/.=$/, 'B=') }),
      'VNES2033',
    ],
    ['with one key twice', file(entry(key, 'a'), entry(key, 'b')), 'VNES2040'],
    ['with one name twice', file(entry(key, 'a'), entry(newKey(), 'a')), 'VNES2040'],
  ])('refuses a file %s', async (_, text, code) => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'trust.json': text });
    expect(await refusal(() => loadTrust({ capsules: [], file: 'trust.json' }, portsIn(folder)))).toBe(code);
  });

  test('refuses a file that is not there', async () => {
    expect(
      await refusal(() => loadTrust({ capsules: [], file: 'none.json' }, portsIn(temporaryFolder()))),
    ).toBe('VNES1010');
  });
});
