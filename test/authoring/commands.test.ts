import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runCli, runJson } from '../cli/run.ts';
import { ABSENT as NATIVE_ABSENT } from '../native/native.ts';
import { CACHE } from '../python/python.ts';
import { temporaryFolder } from './host.ts';

const ENTRY = join(import.meta.dirname, '../../src/cli/entry.ts');

/** A program named `vnes`, as an installed one would be. */
function installedVnes(folder: string): string {
  const program = join(folder, 'vnes');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${ENTRY}' "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}

describe.each(['wasm-ts', 'wasm-js'])('%s', template => {
  test('scaffold, build, sign, verify, run, and its own test, by the commands that scaffold prints', async () => {
    const cwd = temporaryFolder();
    const made = await runJson(['scaffold', template, 'user.ada.counter'], { cwd });
    const { next } = made.data as { next: string[] };
    expect(next[0]).toBe('npm install --prefix counter');
    for (const line of next.slice(1)) {
      const words = line.split(' ').slice(1);
      if (words[0] === 'keys') words.push('--no-passphrase');
      const { status, stderr } = await runCli(words, { cwd });
      expect(status, `${line}\n${stderr}`).toBe(0);
    }
    const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: '', VNES: installedVnes(cwd) };
    const { stdout } = await promisify(execFile)(process.execPath, ['--test'], {
      cwd: join(cwd, 'counter'),
      env,
    });
    expect(stdout).toMatch(/fail 0/);
    expect(
      (
        await runCli(['run', '.', '--input', 'examples/events.ndjson'], {
          cwd: join(cwd, 'counter'),
          env: { HOME: cwd },
        })
      ).status,
    ).toBe(0);
    expect((await runCli(['verify', 'counter'], { cwd })).status, 'a recording in its folder').toBe(0);
  }, 120_000);
});

test('python: scaffold, its own tests outside of vnes, build, sign, verify, run, replay, and those within', async () => {
  const cwd = temporaryFolder();
  const env = { HOME: cwd, XDG_CACHE_HOME: CACHE };
  const made = await runJson(['scaffold', 'python', 'user.ada.counter'], { cwd });
  const { next } = made.data as { next: string[] };
  expect(next[0]).toBe('vnes build counter');
  for (const line of [...next, 'vnes replay .vnes/runs/0001', 'vnes build counter --check']) {
    const words = line.split(' ').slice(1);
    if (words[0] === 'keys') words.push('--no-passphrase');
    const { status, stderr } = await runCli(words, { cwd, env });
    expect(status, `${line}\n${stderr}`).toBe(0);
    if (words[0] === 'build')
      await unittest(join(cwd, 'counter'), { PATH: '/usr/bin:/bin' }, 'OK (skipped=1)');
  }
  await unittest(join(cwd, 'counter'), { ...process.env, ...env, VNES: installedVnes(cwd) }, 'OK');
  expect((await runCli(['verify', 'counter'], { cwd })).status, 'its tests leave nothing behind').toBe(0);
}, 120_000);

test.skipIf(NATIVE_ABSENT)(
  `native-c: scaffold, build, sign, verify, run, replay, and its own test outside of vnes ${NATIVE_ABSENT}`,
  async () => {
    const cwd = temporaryFolder();
    const made = await runJson(['scaffold', 'native-c', 'user.ada.counter'], { cwd });
    const { next } = made.data as { next: string[] };
    for (const line of [...next, 'vnes replay .vnes/runs/0001', 'vnes build counter --check']) {
      const words = line.split(' ').slice(1);
      if (words[0] === 'keys') words.push('--no-passphrase');
      const { status, stderr } = await runCli(words, { cwd });
      expect(status, `${line}\n${stderr}`).toBe(0);
    }
    await promisify(execFile)('sh', ['test/run.sh'], { cwd: join(cwd, 'counter') });
    expect((await runCli(['verify', 'counter'], { cwd })).status, 'its tests leave nothing behind').toBe(0);
  },
  120_000,
);

/** The capsule's own tests, by the Python of this machine. */
async function unittest(cwd: string, env: NodeJS.ProcessEnv, verdict: string): Promise<void> {
  const { stderr } = await promisify(execFile)('python3', ['-B', '-m', 'unittest'], { cwd, env });
  expect(stderr.trim().split('\n').at(-1)).toBe(verdict);
}

describe('bad input', () => {
  test.each([
    ['nothing to scaffold', ['scaffold'], 2, 'VNES9004'],
    ['no id', ['scaffold', 'wasm-ts'], 2, 'VNES9004'],
    ['an unknown template', ['scaffold', 'wasm-go', 'user.ada.counter'], 2, 'VNES1050'],
    ['a bad id', ['scaffold', 'wasm-ts', 'Counter'], 2, 'VNES1051'],
    ['a folder that is not free', ['scaffold', 'wasm-ts', 'user.ada.counter', '--dir', '.'], 2, 'VNES1052'],
    ['a path that is not there', ['build', 'nowhere'], 2, 'VNES1010'],
    ['an empty folder', ['build', '.'], 2, 'VNES4001'],
  ])('%s', async (_what, args, exitCode, code) => {
    const cwd = temporaryFolder();
    if (code === 'VNES1052') writeFileSync(join(cwd, 'mine'), '');
    const report = await runJson(args, { cwd });
    expect(report).toMatchObject({ ok: false, exitCode, diagnostics: [{ code }] });
  });

  test('a capsule that does not compile is negative, and does not keep others from being built', async () => {
    const cwd = temporaryFolder();
    for (const name of ['one', 'two']) await runCli(['scaffold', 'wasm-ts', `user.ada.${name}`], { cwd });
    appendFileSync(join(cwd, 'one/impl/src/main.ts'), 'oops;\n');
    const report = await runJson(['build'], { cwd });
    expect(report).toMatchObject({
      ok: false,
      exitCode: 1,
      data: {
        capsules: [
          { folder: 'one', ok: false },
          { folder: 'two', ok: true },
        ],
      },
      diagnostics: [{ code: 'VNES5402', place: { file: 'one/impl/src/main.ts' } }],
    });
    rmSync(join(cwd, 'one'), { recursive: true });
    expect((await runJson(['build', '--check'], { cwd })).ok).toBe(true);
    const artifact = join(cwd, 'two/impl/capsule.wasm');
    const bytes = readFileSync(artifact);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(artifact, bytes);
    const changed = await runJson(['build', '--check', 'two'], { cwd });
    expect(changed).toMatchObject({ exitCode: 1, diagnostics: [{ code: 'VNES5407' }] });
    expect(readFileSync(artifact).equals(bytes)).toBe(true);
  });
});
