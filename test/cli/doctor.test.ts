import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { familyIn, installs, TOOLS } from '../../src/cli/tools.ts';
import { findBubblewrap } from '../../src/sandbox/confine/bubblewrap.ts';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { LACKS_MACHINE } from '../machine.ts';
import { runJson } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');
interface Found {
  readonly rungs: readonly { readonly rung: string; readonly state: string; readonly denied: string[] }[];
  readonly acceleration: { readonly name: string; readonly state: string; readonly reason?: string };
  readonly tools: readonly { readonly name: string; readonly path: string | null }[];
}

test('doctor tries each rung', async () => {
  const { exitCode, diagnostics, data } = await runJson(['doctor'], { cwd: tmpdir(), built: true });
  const { rungs, acceleration, tools } = data as unknown as Found;
  expect(rungs.map(({ rung, state }) => [rung, state])).toEqual([
    ['worker', 'ok'],
    ['process', BUBBLEWRAP ? 'ok' : 'missing'],
    ['vm', LACKS_MACHINE ? 'missing' : 'ok'],
  ]);
  expect(exitCode).toBe(LACKS_MACHINE ? 4 : 0);
  // Whatever it is, it keeps nobody from running anything.
  expect(acceleration.name).toBe('kvm');
  expect(acceleration.reason === undefined).toBe(acceleration.state === 'boots');
  const missing = rungs.filter(({ state }) => state === 'missing');
  expect(diagnostics.map(({ code }) => code)).toEqual(missing.map(() => 'VNES5009'));
  if (BUBBLEWRAP)
    expect(rungs[1]!.denied).toEqual(expect.arrayContaining(['trace a process', 'start a thread']));
  expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
  expect(tools.find(({ name }) => name === 'git')!.path).toMatch(/^\//);
});

// A mount that nobody else sees hides bubblewrap, which takes the rights of the superuser.
const hides = findBubblewrap() !== undefined && spawnSync('unshare', ['-m', 'true']).status === 0;
test.skipIf(!hides)('doctor says how to install what is missing, and a run refuses with the way out', () => {
  const script = `mount --bind /dev/null ${findBubblewrap()} && exec "$0" bin/vnes.js doctor`;
  const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, process.execPath], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  expect(status).toBe(4);
  expect(stdout).toMatch(/^process +tenant, session +missing/m);
  expect(stderr).toContain('bubblewrap is not installed');
});

test.each([
  ['ID=debian', 'debian', 'apt-get install gcc libc6-dev'],
  ['ID=ubuntu\nID_LIKE=debian', 'debian', 'apt-get install gcc libc6-dev'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'fedora', 'dnf install gcc glibc-static'],
  ['ID=alpine', 'alpine', 'apk add gcc musl-dev'],
  ['ID=arch', 'arch', 'pacman -S gcc'],
  ['ID=nixos', undefined, undefined],
])('packages are named as %j names them', (text, family, command) => {
  expect(familyIn(text)).toBe(family);
  const { packages } = TOOLS.find(({ name }) => name === 'gcc or clang')!;
  expect(installs(packages, familyIn(text))).toBe(command);
});
