import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type RunOptions, runCli, runJson } from '../cli/run.ts';
import { workshop } from './repository.ts';

const COUNTER = 'capsules/counter';

/** A workshop, and vnes called in it. */
function called() {
  const repository = workshop();
  const options: RunOptions = { cwd: repository.root };
  return {
    repository,
    cli: (...args: string[]) => runCli(['verify', ...args], options),
    json: (...args: string[]) => runJson(['verify', ...args], options),
  };
}

describe('vnes verify in git', () => {
  test('says so when there is nothing to do', async () => {
    const { repository, cli, json } = called();
    repository.write({ 'README.md': 'changed\n' });
    repository.git('add', '-A');
    const staged = await cli('--staged');
    expect([staged.status, staged.stdout]).toEqual([
      0,
      '0 discovered = 0 verified + 0 failed; nothing staged touches a capsule\n',
    ]);
    expect(await json('--since', 'HEAD')).toMatchObject({
      ok: true,
      data: { totals: { discovered: 0, verified: 0, failed: 0 }, verdicts: [], removed: [] },
    });
    repository.git('rm', '-rq', '--cached', 'capsules');
    repository.git('commit', '-qm', 'none');
    expect(await json('--tree', 'HEAD', '--trust-from', 'HEAD~1')).toMatchObject({
      exitCode: 2,
      diagnostics: [{ code: 'VNES4001' }],
    });
  });

  test('counts, names what is gone, and says where all came from', async () => {
    const { repository, cli, json } = called();
    const base = repository.git('rev-parse', 'HEAD').trim();
    repository.remove('capsules/adder');
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    repository.capsule('capsules/other');
    rmSync(repository.at('capsules/other/receipt.stunir.json'));
    repository.git('add', '-A');
    const { status, stdout, stderr } = await cli('--staged');
    expect(status).toBe(1);
    expect(stdout).toContain('verified  user.ada.counter@1.3.0  capsules/counter: signed by key0');
    expect(stdout).toContain('removed   user.ada.adder@1.2.3  capsules/adder');
    expect(stdout).toContain('2 discovered = 1 verified + 1 failed; 1 removed');
    expect(stderr).toContain('error[VNES2001]');
    expect(await json('--staged')).toMatchObject({
      exitCode: 1,
      data: {
        source: { kind: 'staged', base, commit: null },
        trust: [`${base.slice(0, 12)}:vnes.trust.json`],
        totals: { discovered: 2, verified: 1, failed: 1 },
        removed: [{ folder: 'capsules/adder', id: 'user.ada.adder', version: '1.2.3' }],
        change: ['trust', 'policy', 'waivers', 'removed', 'links'].map(name => ({ id: `change.${name}` })),
      },
    });
  });

  test('fails for what is wrong with the change alone, in every form', async () => {
    const { repository, cli } = called();
    rmSync(repository.at('vnes.trust.json'));
    repository.git('add', '-A');
    const text = await cli('--staged');
    expect([text.status, text.stdout]).toEqual([1, expect.stringContaining('FAIL     change.trust')]);
    for (const format of ['sarif', 'junit', 'github', 'summary']) {
      const { status, stdout } = await cli('--staged', '--format', format);
      expect([format, status, stdout]).toEqual([format, 1, expect.stringMatching(/VNES2405|change\.trust/)]);
    }
  });

  test('works from a folder below, on what is named there', async () => {
    const { repository } = called();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    repository.capsule('capsules/adder', { manifest: { version: '1.3.0' } });
    repository.git('add', '-A');
    const { data } = await runJson(['verify', '--staged', 'counter'], { cwd: repository.at('capsules') });
    expect(data).toMatchObject({ verdicts: [{ folder: 'capsules/counter', admitted: true }] });
  });

  test.each([
    ['--staged', '--since', 'HEAD'],
    ['--staged', '--tree', 'HEAD'],
    ['--trust-from', 'HEAD'],
    ['--staged', '--trust', 'vnes.trust.json', '--trust-from', 'HEAD'],
  ])('refuses %s %s %s', async (...args) => {
    const { cli } = called();
    const { status, stderr } = await cli(...args.filter(word => word !== undefined));
    expect([status, stderr]).toEqual([2, expect.stringContaining('error[VNES9006]')]);
  });

  test('gives the same bytes each time', async () => {
    const { cli } = called();
    const [one, two] = [await cli('--tree', 'HEAD', '--json'), await cli('--tree', 'HEAD', '--json')];
    expect(one.stdout).not.toBe('');
    expect(two).toEqual(one);
  });
});
