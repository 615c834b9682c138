import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runCli, runJson } from '../cli/run.ts';
import { CAPSULES, gate } from './gate.ts';

const FORMATS = ['json', 'sarif', 'junit', 'github', 'summary'] as const;

describe('the outputs of vnes verify', () => {
  test('are byte-identical in files and on standard output, in any locale, time zone and order of paths', async () => {
    const { folder, at, trustFile } = gate();
    const outputs = async (words: readonly string[], env: Record<string, string>) => {
      const files = ['sarif', 'junit', 'summary', 'proof'] as const;
      const options = files.flatMap(name => [`--${name}`, at(`out.${name}`)]);
      const args = ['verify', ...words, '--trust', trustFile];
      const printed = await Promise.all(
        FORMATS.map(form => runCli([...args, '--format', form], { cwd: folder, env })),
      );
      const { status } = await runCli([...args, ...options], { cwd: folder, env });
      expect(printed.map(each => each.status)).toEqual(FORMATS.map(() => status));
      const written = files.map(name => readFileSync(at(`out.${name}`), 'utf8'));
      expect(written.slice(0, 3)).toEqual([1, 2, 4].map(index => printed[index]!.stdout));
      return [status, ...printed.map(({ stdout }) => stdout), ...written];
    };
    const first = await outputs(CAPSULES, { LC_ALL: 'C', TZ: 'UTC' });
    const second = await outputs(CAPSULES.toReversed(), { LC_ALL: 'sk_SK.UTF-8', TZ: 'Pacific/Apia' });
    expect(second).toEqual(first);
    expect(first[0]).toBe(1);
  });

  test('--format json is the document of --json', async () => {
    const { folder, trustFile } = gate();
    const args = ['verify', ...CAPSULES, '--trust', trustFile];
    const { stdout } = await runCli([...args, '--format', 'json'], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual(await runJson(args, { cwd: folder }));
  });

  test('--format github prints nothing when there is nothing to say', async () => {
    const { folder, trustFile } = gate();
    const args = ['verify', 'a_good', '--trust', trustFile, '--format', 'github'];
    const { status, stdout } = await runCli(args, { cwd: folder });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('are refused where they would change what is verified, before anything is written', async () => {
    const { folder, trustFile } = gate();
    const bad: readonly (readonly [string, ...string[]])[] = [
      ['VNES9012', '--sarif', 'a_good/report.sarif'],
      ['VNES9012', '--proof', 'a_good/impl/proof.json'],
      ['VNES9012', '--junit', '/dev/null'],
      ['VNES9012', '--summary', '.'],
      ['VNES1012', '--proof', 'no_such_folder/proof.json'],
      ['VNES9006', '--format', 'xml'],
      ['VNES9006', '--format', 'sarif', '--json'],
    ];
    for (const [code, ...words] of bad) {
      const { status, stdout, stderr } = await runCli(['verify', 'a_good', '--trust', trustFile, ...words], {
        cwd: folder,
      });
      expect({ words, told: stderr.includes(code) || stdout.includes(code) }).toEqual({ words, told: true });
      expect([2, 4]).toContain(status);
    }
    expect((await runCli(['verify', 'a_good', '--trust', trustFile], { cwd: folder })).status).toBe(0);
  });
});

describe('vnes recheck', () => {
  async function proof(names: readonly string[] = ['a_good', 'f_good']) {
    const { folder, at, trustFile } = gate();
    const words = ['verify', ...names, '--trust', trustFile, '--proof', at('proof.json')];
    const { status } = await runCli(words, { cwd: folder });
    for (const name of CAPSULES) if (!names.includes(name)) rmSync(at(name), { recursive: true });
    return { folder, at, trustFile, status };
  }

  test('holds for what verify wrote, against the disk and the trust file too', async () => {
    const { folder, status } = await proof();
    expect(status).toBe(0);
    const words = ['recheck', 'proof.json', '--capsules', '.', '--trust', 'trusted.json'];
    const report = await runJson(words, { cwd: folder });
    expect(report.exitCode).toBe(0);
    expect(report.data).toMatchObject({ holds: true, totals: { discovered: 2, verified: 2, failed: 0 } });
  });

  test('is negative for refused capsules, though the proof holds', async () => {
    const { folder, status } = await proof([...CAPSULES]);
    expect(status).toBe(1);
    const report = await runJson(['recheck', 'proof.json', '--capsules', '.'], { cwd: folder });
    expect(report.exitCode).toBe(1);
    expect(report.diagnostics).toEqual([]);
    expect(report.data).toMatchObject({ holds: true, totals: { discovered: 6, verified: 2, failed: 4 } });
  });

  test.each<[string, string[], (at: (name: string) => string) => void]>([
    ['a changed file', ['VNES2703', 'VNES2004'], at => writeFileSync(at('a_good/spec/logic.md'), 'other')],
    ['a removed receipt', ['VNES2703'], at => rmSync(at('a_good/receipt.stunir.json'))],
    ['a capsule that is gone', ['VNES2703'], at => rmSync(at('f_good'), { recursive: true })],
    ['a capsule more', ['VNES2703'], at => cpSync(at('a_good'), at('another'), { recursive: true })],
  ])('finds %s on disk', async (_, codes, change) => {
    const { folder, at } = await proof();
    change(at);
    const report = await runJson(['recheck', 'proof.json', '--capsules', '.'], { cwd: folder });
    expect(report.exitCode).toBe(1);
    expect(report.diagnostics.map(({ code }) => code)).toEqual(codes);
  });

  test('does not mind where capsules lie', async () => {
    const { folder, at } = await proof();
    cpSync(at('a_good'), at('deep/down/one'), { recursive: true });
    cpSync(at('f_good'), at('deep/two'), { recursive: true });
    const { status, stdout } = await runCli(['recheck', 'proof.json', '--capsules', 'deep'], { cwd: folder });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^under the keys ada MCow\S+ \(user\.ada\.\*\)$/m);
  });

  test('finds that others are trusted', async () => {
    const { folder, at } = await proof();
    const trusted = JSON.parse(readFileSync(at('trusted.json'), 'utf8')) as {
      keys: { namespaces: string[] }[];
    };
    trusted.keys[0]!.namespaces = ['user.ada.a_good'];
    writeFileSync(at('narrow.json'), JSON.stringify(trusted));
    const report = await runJson(['recheck', 'proof.json', '--trust', 'narrow.json'], { cwd: folder });
    expect(report.exitCode).toBe(1);
    expect(report.diagnostics.map(({ code }) => code)).toEqual(['VNES2705']);
  });
});
