import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { validateRunReport } from '../../src/generated/run-report.js';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { runJson } from '../cli/run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const room = mkdtempSync(join(tmpdir(), 'vnes-demo-'));
afterAll(() => rmSync(room, { recursive: true, force: true }));

test('the demo ends well, and leaves a recording that replays', async () => {
  const record = join(room, 'recording');
  const env = { ...process.env, HOME: room, XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '', DEMO_RECORD: record };
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/demo/run.js'], { cwd: ROOT, env });
  expect(stdout).toContain('all of it agrees');

  const report = JSON.parse(readFileSync(join(record, 'report.json'), 'utf8'));
  expect(validateRunReport(report)).toEqual([]);
  const { data } = await runJson(['replay', record], { cwd: room, built: true });
  expect(data).toMatchObject({ equal: true, logRoot: report.logRoot, stateRoot: report.stateRoot });
}, 120_000);

test.skipIf(!BUBBLEWRAP)(
  'every zone gives the demo the same roots',
  async () => {
    const events = join(room, 'events.ndjson');
    await promisify(execFile)(process.execPath, ['scripts/demo/events.ts', events], { cwd: ROOT });
    const capsules = join(ROOT, 'fixtures/demo/capsules');
    const trust = join(ROOT, 'fixtures/demo/vnes.trust.json');
    const seals = await Promise.all(
      ['system', 'tenant', 'session'].map(async zone => {
        const words = [
          'run',
          capsules,
          '--trust',
          trust,
          '--input',
          events,
          '--seed',
          '7',
          '--trust-zone',
          zone,
        ];
        const { data } = await runJson([...words, '--record', join(room, zone)], { cwd: room, built: true });
        const { logRoot, stateRoot } = data as { logRoot: string; stateRoot: string };
        return { logRoot, stateRoot };
      }),
    );
    expect(new Set(seals.map(seal => JSON.stringify(seal))).size).toBe(1);
  },
  120_000,
);
