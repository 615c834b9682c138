import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ATTEMPTS, FATAL_ATTEMPTS, limitSteps } from '../../../src/sandbox/confine/attempts.ts';
import { failedStep, type Step, sentryOf } from '../../../src/sandbox/confine/sentry.ts';
import { ARCHITECTURES, type Architecture } from '../../../src/sandbox/confine/syscalls.ts';
import { obstacleToConfining, survivedAttempts } from '../../../src/sandbox/confine/trial.ts';
import { BUBBLEWRAP } from '../../bubblewrap.ts';

const folder = mkdtempSync(join(tmpdir(), 'vnes-sentry-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What runs programs of an architecture here: nothing, an emulator, or undefined where there is none. */
function runnerOf(architecture: Architecture): readonly string[] | undefined {
  if (architecture === process.arch) return [];
  const emulator = architecture === 'arm64' ? 'qemu-aarch64-static' : 'qemu-x86_64-static';
  return spawnSync(emulator, ['--version']).status === 0 ? [emulator] : undefined;
}

const LINUX = process.platform === 'linux';
const names = Object.keys(ARCHITECTURES) as Architecture[];

describe.each(names)('a sentry on %s', architecture => {
  const runner = LINUX ? runnerOf(architecture) : undefined;
  if (!runner) process.stderr.write(`skipped: sentries on ${architecture}: no processor and no emulator\n`);
  const run = (steps: readonly Step[], ...command: string[]) => {
    const file = join(folder, `sentry-${architecture}`);
    writeFileSync(file, sentryOf(steps, architecture));
    chmodSync(file, 0o755);
    const [program, ...args] = [...runner!, file, ...command];
    return spawnSync(program!, args, { encoding: 'utf8', env: { SECRET: 'x' } });
  };

  test.skipIf(!runner)('becomes the program, with its arguments and no environment', () => {
    expect(run([], '/bin/sh', '-c', 'echo "$1:$SECRET"', 'sh', 'a b')).toMatchObject({
      status: 0,
      stdout: 'a b:\n',
    });
    expect(run([], '/nowhere')).toMatchObject({ status: 127 });
  });

  test.skipIf(!runner)('lowers limits for what it becomes', () => {
    const limits = { openFiles: 33, fileBytes: 1024, cpuSeconds: 7 };
    const { stdout } = run(limitSteps(limits), '/bin/sh', '-c', 'ulimit -n; ulimit -f; ulimit -t; ulimit -c');
    expect(stdout.trim().split('\n')).toEqual(runner!.length > 0 ? expect.any(Array) : ['33', '2', '7', '0']);
  });

  // Where nothing is denied, each attempt ends it. Files are not written here, and devices may be missing.
  const open = [
    'read a file of the host',
    'open a local socket',
    'start a process',
    'see the processes of the host',
  ];
  test.skipIf(!runner).each(open)('ends where it is not kept from this: %s', name => {
    const step = ATTEMPTS.find(each => each.name === name)!;
    const { status } = run(
      [...limitSteps({ openFiles: 64, fileBytes: 0, cpuSeconds: 9 }).slice(0, 2), step],
      '/bin/true',
    );
    expect(failedStep([step, step, step], status!, architecture)?.name).toBe(name);
  });
});

describe.skipIf(!BUBBLEWRAP)('a confined program', () => {
  test('is kept from all that its sentry tries', async () => {
    expect(await obstacleToConfining()).toBeUndefined();
  });

  test.each(['node', 'native'] as const)(
    'of the policy %s is ended by each call of an attacker',
    async policy => {
      expect(FATAL_ATTEMPTS.length).toBeGreaterThan(10);
      expect(await survivedAttempts(policy)).toEqual([]);
    },
  );
});
