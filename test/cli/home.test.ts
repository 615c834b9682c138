import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { Ports } from '../../src/base/ports.ts';
import { cacheFolder } from '../../src/cli/folders.ts';
import { runCli } from './run.ts';

/** A folder that pretends to be the home of whoever works in it. */
function hostileFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vnes-home-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, '.config/vnes/keys/mallory.pub.pem'), { recursive: true });
  return folder;
}

test.each(['', '.', 'x/..'])('the folder one works in is never the home folder: HOME=%j', async home => {
  const { stderr, stdout } = await runCli(['keys', 'list'], { cwd: hostileFolder(), env: { HOME: home } });
  expect(stdout + stderr).not.toContain('mallory');
});

test('a relative XDG_CACHE_HOME counts as none', () => {
  const host = hostPorts();
  const folder = (cache: string) => {
    const ports: Ports = { ...host, env: { ...host.env, home: '/home/ada', get: () => cache } };
    return cacheFolder(ports);
  };
  expect(folder('.cache')).toBe('/home/ada/.cache/vnes');
  expect(folder('')).toBe('/home/ada/.cache/vnes');
  expect(folder('/var/cache')).toBe('/var/cache/vnes');
});
