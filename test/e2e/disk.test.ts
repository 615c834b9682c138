import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CliReport } from '../cli/run.ts';
import { errorsOf, reportOf } from './refusal.ts';
import { copyOf, orders, prepare, type Workshop } from './workshop.ts';

const NO_STRACE =
  spawnSync('strace', ['-o', '/dev/null', '-e', 'inject=fsync:error=EIO:when=9', 'true']).status !== 0;
if (NO_STRACE) process.stderr.write('skipped: disks that fail under vnes run: strace cannot be used here\n');

const BUILD = join(import.meta.dirname, '../../bin/vnes.js');
const JOURNAL = 'recorded/journal/00000001.vnj';
const prepared = await prepare();

/** Runs `vnes run` while the kernel answers one system call on the journal with an error. */
function runOnFailing(shop: Workshop, call: string, error: string, when: number): CliReport {
  shop.write('many.ndjson', orders(...Array<string>(12).fill('count')));
  const trace = ['-f', '-qq', '-o', '/dev/null', '-P', shop.at(JOURNAL)];
  const fault = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${when}`];
  const run = ['run', 'capsules', '--input', 'many.ndjson', '--frame-events', '2', '--record', 'recorded'];
  const { status, stdout } = spawnSync(
    'strace',
    [...trace, ...fault, process.execPath, BUILD, '--json', ...run],
    {
      cwd: shop.cwd,
      env: { PATH: process.env.PATH, HOME: shop.at('home'), XDG_CACHE_HOME: shop.cache },
      encoding: 'utf8',
    },
  );
  const report = JSON.parse(stdout) as CliReport;
  expect(report.exitCode).toBe(status);
  return report;
}

describe.skipIf(NO_STRACE)('a disk that fails under `vnes run`', () => {
  test.each([
    ['fdatasync', 'EIO', 2],
    ['fdatasync', 'EIO', 4],
    ['write', 'ENOSPC', 5],
    ['write', 'EDQUOT', 3],
  ])(
    '%s with %s at call %i: a code, status 4, and a recording that fsck explains',
    async (call, error, when) => {
      const shop = copyOf(prepared);
      const report = runOnFailing(shop, call, error, when);
      expect(report).toMatchObject({
        exitCode: 4,
        data: null,
        diagnostics: [{ code: 'VNES8005', found: error }],
      });
      const checked = await reportOf(shop, ['fsck', 'recorded']);
      expect(checked.exitCode).toBe(1);
      expect(['VNES8002', 'VNES8009']).toContain(errorsOf(checked)[0]);
      const { provable, findings } = checked.data as unknown as {
        provable: { records: number };
        findings: { acknowledged: boolean }[];
      };
      expect(provable.records).toBeGreaterThan(0);
      expect(findings.filter(({ acknowledged }) => acknowledged)).toEqual([]);
      expect(errorsOf(await reportOf(shop, ['replay', 'recorded']))).toHaveLength(1);
    },
  );
});
