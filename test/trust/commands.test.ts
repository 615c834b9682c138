import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, runJson } from '../cli/run.ts';
import { MANIFEST, temporaryFolder, writeFiles } from './capsules.ts';

let prepared = '';

/** Made once by the real commands: a key of the user's own and two capsules that it signed. */
beforeAll(async () => {
  prepared = mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-commands-'));
  for (const name of ['counter', 'adder']) {
    writeFiles(path.join(prepared, name), {
      'manifest.json': JSON.stringify({ ...MANIFEST, id: `user.ada.${name}` }, undefined, 2),
      'spec/logic.md': `# ${name}\n`,
    });
  }
  expect(await runCli(['keys', 'create', '--no-passphrase'], { cwd: prepared })).toMatchObject({
    status: 0,
    stderr: '',
  });
  expect(await runCli(['sign', 'counter', 'adder'], { cwd: prepared })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

afterAll(() => rmSync(prepared, { recursive: true }));

/** A copy of it for one test. */
function workshop() {
  const cwd = path.join(temporaryFolder(), 'workshop');
  cpSync(prepared, cwd, { recursive: true });
  return { cwd, at: (...names: string[]) => path.join(cwd, ...names) };
}

describe('keys, sign and verify', () => {
  test("together admit capsules of the user's own", async () => {
    const { cwd } = workshop();
    const verified = await runCli(['verify'], { cwd });
    expect(verified).toMatchObject({ status: 0, stderr: '' });
    expect(verified.stdout).toContain('2 discovered = 2 verified + 0 failed');
    const explained = await runCli(['verify', 'counter', '--explain'], { cwd });
    for (const check of ['layout', 'receipt.files', 'receipt.signatures', 'authority'])
      expect(explained.stdout).toContain(`${check}: `);
  });

  test('verify tells each failed capsule from the good ones, and which file', async () => {
    const { cwd, at } = workshop();
    appendFileSync(at('counter/spec/logic.md'), 'x');
    const failed = await runCli(['verify'], { cwd });
    expect(failed.status).toBe(1);
    expect(failed.stdout).toContain('2 discovered = 1 verified + 1 failed');
    expect(failed.stderr).toContain('error[VNES2004]: spec/logic.md is not what was signed');
    const report = await runJson(['verify'], { cwd });
    expect(report).toMatchObject({
      ok: false,
      exitCode: 1,
      data: {
        totals: { discovered: 2, verified: 1, failed: 1 },
        verdicts: [
          { folder: 'adder', admitted: true },
          { folder: 'counter', admitted: false },
        ],
      },
      diagnostics: [{ code: 'VNES2004' }],
    });
  });

  test.each<[string, number, string, (at: (...names: string[]) => string) => void]>([
    ['a missing receipt', 1, 'VNES2001', at => rmSync(at('counter/receipt.stunir.json'))],
    ['a missing manifest', 1, 'VNES1020', at => rmSync(at('counter/manifest.json'))],
    ['broken JSON', 1, 'VNES1002', at => writeFileSync(at('counter/manifest.json'), '{\n  "id": oops\n}')],
    [
      'a receipt cut short',
      1,
      'VNES1002',
      at => {
        const receipt = readFileSync(at('counter/receipt.stunir.json'));
        writeFileSync(at('counter/receipt.stunir.json'), receipt.subarray(0, receipt.length / 2));
      },
    ],
    ['an added file', 1, 'VNES2005', at => writeFileSync(at('counter/impl.js'), '')],
    ['an unknown key', 1, 'VNES2011', at => rmSync(at('.config'), { recursive: true })],
    ['a broken trust file', 2, 'VNES1002', at => writeFileSync(at('vnes.trust.json'), '{')],
    ['a missing folder', 2, 'VNES1010', at => rmSync(at('counter'), { recursive: true })],
    [
      'an empty folder',
      2,
      'VNES4001',
      at => {
        rmSync(at('counter'), { recursive: true });
        mkdirSync(at('counter'));
      },
    ],
  ])('verify ends %s with status %i and %s', async (_, status, code, spoil) => {
    const { cwd, at } = workshop();
    spoil(at);
    const report = await runJson(['verify', 'counter'], { cwd });
    expect([report.exitCode, report.diagnostics[0]?.code]).toEqual([status, code]);
  });

  test('broken JSON is shown with its line and column', async () => {
    const { cwd, at } = workshop();
    writeFileSync(at('counter/manifest.json'), '{\n  "id": oops\n}');
    const { stderr } = await runCli(['sign', 'counter'], { cwd });
    expect(stderr).toContain('counter/manifest.json:2:9');
  });

  test('verify --trust takes the place of all other trust', async () => {
    const { cwd, at } = workshop();
    const { data } = await runJson(['keys', 'show'], { cwd });
    const { public_key } = data as { public_key: string };
    const write = (namespace: string) =>
      writeFileSync(
        at('other.json'),
        JSON.stringify({ version: 1, keys: [{ name: 'x', public_key, namespaces: [namespace] }] }),
      );
    write('user.ada.counter');
    expect((await runJson(['verify', 'counter', '--trust', 'other.json'], { cwd })).exitCode).toBe(0);
    write('user.ada.adder');
    const report = await runJson(['verify', 'counter', '--trust', 'other.json'], { cwd });
    expect([report.exitCode, report.diagnostics[0]?.code]).toEqual([1, 'VNES3001']);
  });

  test('keys and sign never prompt without a terminal', async () => {
    const { cwd, at } = workshop();
    expect((await runJson(['keys', 'create', '--name', 'b'], { cwd })).diagnostics[0]?.code).toBe('VNES2034');
    expect((await runJson(['keys', 'create'], { cwd })).diagnostics[0]?.code).toBe('VNES2030');
    writeFileSync(at('secret'), 'secret\n');
    expect(
      (await runJson(['keys', 'create', '--name', 'b', '--passphrase-file', 'secret'], { cwd })).ok,
    ).toBe(true);
    expect((await runJson(['sign', 'counter', '--key', 'b'], { cwd })).diagnostics[0]?.code).toBe('VNES2034');
    const signed = await runJson(['sign', 'counter', '--key', 'b', '--passphrase-file', '-'], {
      cwd,
      input: 'secret',
    });
    expect(signed).toMatchObject({
      ok: true,
      data: { signed: [{ folder: 'counter', id: 'user.ada.counter' }] },
    });
    const list = await runCli(['keys', 'list'], { cwd });
    expect(list.stdout.split('\n').map(line => line.split(' ')[0])).toEqual(['b', 'default', '']);
  });
});
