import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runCli } from './run.ts';

const VNES = join(import.meta.dirname, '../../bin/vnes.js');

/** Starts a command that waits for its standard input, stops it, and tells how it ended. */
async function stopped(signal: NodeJS.Signals, ...options: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'vnes-signals-'));
  return stoppedIn(folder, signal, ['keys', 'create', '--passphrase-file', '-', ...options]);
}

async function stoppedIn(folder: string, signal: NodeJS.Signals, words: readonly string[]) {
  const child = spawn(process.execPath, [VNES, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  await sleep(1_000);
  child.kill(signal);
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

test.each([
  ['SIGINT', 130, 'VNES9030'],
  ['SIGTERM', 143, 'VNES9031'],
] as const)('%s ends with status %i and says so', async (signal, status, code) => {
  const text = await stopped(signal);
  expect(text).toMatchObject({ status, stdout: '' });
  expect(text.stderr).toMatch(new RegExp(`^error\\[${code}\\]`));
  const json = await stopped(signal, '--json');
  expect(json).toMatchObject({ status, stderr: '' });
  expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: status, ok: false, diagnostics: [{ code }] });
});

test('a pipe that nobody writes to can be left, and what comes out of one is read to its end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vnes-signals-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(await stoppedIn(folder, 'SIGTERM', ['recheck', 'pipe'])).toMatchObject({ status: 143 });
  const reading = runCli(['recheck', 'pipe'], { cwd: folder, built: true });
  await writeFile(join(folder, 'pipe'), '{"a": ');
  expect((await reading).stderr).toContain('VNES1002');
});
