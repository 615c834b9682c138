import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli, runJson } from '../cli/run.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'vnes-resolve-'));
  await capsule('app', '1.0.0', ['user.t.geometry@^1']);
  await capsule('geometry', '1.0.0');
  await capsule('geometry', '2.0.0');
  await vnes('keys', 'create', '--no-passphrase');
  await vnes('sign', 'capsules');
});
afterEach(() => rm(cwd, { recursive: true }));

async function capsule(name: string, version: string, requires: string[] = []): Promise<void> {
  const folder = join(cwd, 'capsules', `${name}-${version}`);
  await mkdir(join(folder, 'spec'), { recursive: true });
  await writeFile(join(folder, 'spec/logic.md'), `# ${name}\n`);
  const manifest = {
    id: `user.t.${name}`,
    version,
    type: 'logic',
    description: name,
    capabilities: { provides: [`user.t.${name}`], requires, determinism_tier: 'D0' },
    governance: { tier: 'local', audit_level: 'none' },
    security: { trust_zone: 'session' },
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

async function vnes(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCli(args, { cwd });
  if (status !== 0) throw new Error(`vnes ${args.join(' ')}: ${status} ${stderr}`);
  return stdout;
}

async function refusal(...args: string[]): Promise<{ exit: number; codes: string[] }> {
  const { exitCode, diagnostics } = await runJson(['resolve', ...args], { cwd });
  return { exit: exitCode, codes: diagnostics.map(({ code }) => code) };
}

const lockFile = (): Promise<string> => readFile(join(cwd, 'vnes.lock.json'), 'utf8');

test('resolves, explains, locks, and finds the lock file unchanged the next time', async () => {
  expect(await vnes('resolve', 'capsules', '--require', 'user.t.app', '--explain', '--dry-run')).toBe(
    [
      'user.t.app@1.0.0 for user.t.app',
      '  user.t.geometry@1.0.0 for user.t.geometry@^1',
      '    not user.t.geometry@2.0.0: offers 2.0.0, outside ^1',
      '2 capsules; vnes.lock.json is left as it was',
      '',
    ].join('\n'),
  );
  await expect(lockFile()).rejects.toThrow('ENOENT');
  expect(await vnes('resolve', 'capsules')).toContain('2 capsules; wrote vnes.lock.json');
  const before = await lockFile();
  expect(JSON.parse(before)).toMatchObject({
    version: 1,
    roots: ['user.t.app', 'user.t.geometry'],
    capsules: [
      { id: 'user.t.app', version: '1.0.0', bindings: { 'user.t.geometry': 'user.t.geometry' } },
      { id: 'user.t.geometry', version: '1.0.0', bindings: {} },
    ],
  });
  expect(await vnes('resolve', 'capsules', '--frozen')).toContain('is left as it was');
  expect(await lockFile()).toBe(before);
});

test('--frozen refuses another answer and a missing lock file, --update takes the newest', async () => {
  expect(await refusal('capsules', '--frozen')).toEqual({ exit: 2, codes: ['VNES1010'] });
  await vnes('resolve', 'capsules');
  expect(await refusal('capsules', '--frozen', '--require', 'user.t.geometry')).toEqual({
    exit: 1,
    codes: ['VNES4011'],
  });
  await vnes('resolve', 'capsules', '--require', 'user.t.geometry');
  expect(JSON.parse(await lockFile()).capsules[0].version).toBe('1.0.0');
  await vnes('resolve', 'capsules', '--require', 'user.t.geometry', '--update');
  expect(JSON.parse(await lockFile()).capsules[0].version).toBe('2.0.0');
});

test('a capsule that does not verify is no candidate, is named, and leaves the lock file alone', async () => {
  await writeFile(join(cwd, 'capsules/geometry-2.0.0/spec/logic.md'), 'changed\n');
  const report = await runJson(['resolve', 'capsules'], { cwd });
  expect(report.exitCode).toBe(1);
  expect(report.data).toMatchObject({
    capsules: [{ version: '1.0.0' }, { version: '1.0.0' }],
    excluded: [{ folder: 'capsules/geometry-2.0.0', id: 'user.t.geometry' }],
    lock: { written: false },
  });
  expect(report.diagnostics.length).toBeGreaterThan(0);
  await expect(lockFile()).rejects.toThrow('ENOENT');
});

test('changed content under a locked version is refused until it is accepted', async () => {
  await vnes('resolve', 'capsules');
  await writeFile(join(cwd, 'capsules/geometry-1.0.0/spec/logic.md'), 'changed\n');
  await vnes('sign', 'capsules/geometry-1.0.0');
  expect(await refusal('capsules')).toEqual({ exit: 1, codes: ['VNES4012'] });
  expect(await vnes('resolve', 'capsules', '--update')).toContain('wrote vnes.lock.json');
  expect(await refusal('capsules', '--frozen')).toEqual({ exit: 0, codes: [] });
});

test('failures carry their reasons and changes as data', async () => {
  const report = await runJson(['resolve', 'capsules', '--require', 'user.t.geometry@^3'], { cwd });
  expect(report).toMatchObject({ exitCode: 1, diagnostics: [{ code: 'VNES4007' }] });
  expect(report.data).toMatchObject({
    reasons: [
      'the request requires user.t.geometry@^3:',
      '  user.t.geometry@2.0.0 offers 2.0.0, outside ^3',
      '  user.t.geometry@1.0.0 offers 1.0.0, outside ^3',
    ],
    changes: [{ kind: 'relax', capsule: null, ranges: ['^3 || 2.0.0'] }, { kind: 'update' }],
  });
});

test('bad input', async () => {
  await mkdir(join(cwd, 'empty'));
  await writeFile(join(cwd, 'broken.json'), '{"version": 1,}');
  await writeFile(join(cwd, 'other.json'), '{"version": 2, "roots": [], "capsules": []}');
  expect(await refusal('empty')).toEqual({ exit: 2, codes: ['VNES4001'] });
  expect(await refusal('missing')).toEqual({ exit: 2, codes: ['VNES1010'] });
  expect(await refusal('capsules', '--lock', 'broken.json')).toEqual({ exit: 2, codes: ['VNES1002'] });
  const violations = ['VNES1011', 'VNES1011', 'VNES1011'];
  expect(await refusal('capsules', '--lock', 'other.json')).toEqual({ exit: 2, codes: violations });
  expect(await refusal('capsules', '--require', 'x@%')).toEqual({ exit: 2, codes: ['VNES4005'] });
  expect(await refusal('capsules', '--min-tier', 'D7')).toEqual({ exit: 2, codes: ['VNES9006'] });
  expect(await refusal('capsules', '--frozen', '--update')).toEqual({ exit: 2, codes: ['VNES9006'] });
});
