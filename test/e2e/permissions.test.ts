import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CliReport, Program } from '../cli/run.ts';
import { errorsOf } from './refusal.ts';
import { copyOf, prepare, vnes, type Workshop } from './workshop.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Root may read and write everything, so the tests of root run as nobody. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;
const possible = process.getuid !== undefined;
const prepared = await prepare();

const PACKAGE = ['bin', 'dist', 'docs', 'schemas', 'templates', 'package.json'];
const COMPILER = ['assemblyscript', 'long'].map(name => `node_modules/${name}`);
const program = NOBODY === undefined ? undefined : publish();

/** Nobody may not look into the folder of a clone that root made, so a copy goes where everybody may. */
function publish(): Program {
  const folder = mkdtempSync(join(tmpdir(), 'vnes-public-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of [...PACKAGE, ...COMPILER])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  cpSync(process.execPath, join(folder, 'node'), { dereference: true });
  chmodSync(folder, 0o755);
  return { node: join(folder, 'node'), script: join(folder, 'bin/vnes.js') };
}

/** Takes the rights to a file or folder away until the test is over. */
function close(shop: Workshop, name: string, mode: number): void {
  if (NOBODY !== undefined) {
    chownSync(shop.cwd, NOBODY, NOBODY);
    for (const path of readdirSync(shop.cwd, { recursive: true }))
      chownSync(shop.at(String(path)), NOBODY, NOBODY);
  }
  chmodSync(shop.at(name), mode);
  onTestFinished(() => chmodSync(shop.at(name), 0o755));
}

async function ask(shop: Workshop, args: readonly string[]): Promise<CliReport> {
  const env = { XDG_CACHE_HOME: shop.at('cache') };
  const { stdout, stderr } = await vnes(shop, ['--json', ...args], {
    env,
    ...(program && { uid: NOBODY!, program }),
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as CliReport;
}

const RUN = ['run', 'capsules', '--input', 'good.ndjson'];
const PROBE = 'capsules/probe';

describe.skipIf(!possible)('what may not be read', () => {
  test.each<[string, readonly string[], number, readonly string[]]>([
    [`${PROBE}/manifest.json`, ['verify', 'capsules'], 1, ['VNES1010', 'VNES1020']],
    [`${PROBE}/manifest.json`, ['sign', 'capsules'], 2, ['VNES1010']],
    [`${PROBE}/manifest.json`, ['build', 'capsules'], 2, ['VNES1010']],
    [`${PROBE}/spec/logic.md`, RUN, 1, ['VNES1010', 'VNES3101']],
    [`${PROBE}/spec`, ['resolve', 'capsules'], 1, ['VNES1010']],
    ['capsules', ['verify', 'capsules'], 2, ['VNES1010']],
    ['good.ndjson', RUN, 2, ['VNES1010']],
    ['home/.config/vnes/trust.json', ['verify', 'capsules'], 2, ['VNES1010']],
    ['home/.config/vnes/keys', ['keys', 'list'], 2, ['VNES1010']],
    ['home/.config/vnes/keys/default.key.pem', ['sign', 'capsules'], 2, ['VNES1010']],
    ['recording/journal', ['replay', 'recording'], 2, ['VNES8001']],
    ['recording/journal/00000001.vnj', ['bus', 'log', 'recording'], 1, ['VNES8003']],
    ['recording/objects', ['replay', 'recording'], 1, ['VNES8007']],
    ['capsules', ['-C', 'capsules', 'verify'], 2, ['VNES1010']],
  ])('%s: vnes %j', async (name, args, status, codes) => {
    const shop = copyOf(prepared);
    close(shop, name, 0);
    const report = await ask(shop, args);
    expect([report.exitCode, ...errorsOf(report)]).toEqual([status, ...codes]);
  });

  test('the quarantine', async () => {
    const shop = copyOf(prepared);
    mkdirSync(shop.at('.vnes/quarantine'), { recursive: true });
    close(shop, '.vnes/quarantine', 0);
    expect(errorsOf(await ask(shop, ['quarantine-inspect']))).toEqual(['VNES3104']);
  });
});

describe.skipIf(!possible)('where nothing may be written', () => {
  test.each<[string, readonly string[], string]>([
    ['.', RUN, 'VNES1012'],
    ['.', [...RUN, '--record', 'new'], 'VNES8005'],
    ['.', [...RUN, '--record', 'capsules/new', '--output', 'out'], 'VNES1012'],
    ['.', ['resolve', 'capsules'], 'VNES1012'],
    ['.', ['scaffold', 'wasm-ts', 'user.me.a'], 'VNES1012'],
    [PROBE, ['sign', 'capsules'], 'VNES1012'],
    ['home/.config/vnes/keys', ['keys', 'create', '-n', 'b', '--no-passphrase'], 'VNES1012'],
  ])('%s: vnes %j', async (name, args, code) => {
    const shop = copyOf(prepared);
    rmSync(shop.at('.vnes'), { recursive: true });
    close(shop, name, 0o555);
    const report = await ask(shop, args);
    expect([report.exitCode, ...errorsOf(report)]).toEqual([4, code]);
  });

  test.each([PROBE, '.vnes'])('%s: vnes verify --fix', async name => {
    const shop = copyOf(prepared);
    mkdirSync(shop.at('.vnes'), { recursive: true });
    shop.write(`${PROBE}/extra`, 'mine');
    shop.write(`${PROBE}/spec/extra`, 'mine too');
    close(shop, name, 0o555);
    const report = await ask(shop, ['verify', '--fix', PROBE]);
    expect([report.exitCode, ...new Set(errorsOf(report))]).toEqual([1, 'VNES2005', 'VNES1012']);
    expect(['extra', 'spec/extra'].map(each => existsSync(shop.at(PROBE, each)))).toEqual([true, true]);
  });

  test('build leaves nothing behind', async () => {
    const shop = copyOf(prepared);
    shop.write(`${PROBE}/spec/logic.md`, '# changed\n');
    close(shop, `${PROBE}/impl`, 0o555);
    expect(errorsOf(await ask(shop, ['build', 'capsules']))).toEqual(['VNES1012']);
    expect(readdirSync(shop.at(PROBE, 'impl')).sort()).toEqual(['build.json', 'capsule.wasm', 'src']);
  });

  test('a key that cannot be trusted is not left behind', async () => {
    const shop = copyOf(prepared);
    close(shop, 'home/.config/vnes', 0o555);
    expect(errorsOf(await ask(shop, ['keys', 'create', '-n', 'b', '--no-passphrase']))).toEqual(['VNES1012']);
    expect(existsSync(shop.at('home/.config/vnes/keys/b.key.pem'))).toBe(false);
  });

  test('questions to a recording are answered all the same', async () => {
    const shop = copyOf(prepared);
    close(shop, 'recording', 0o555);
    expect(await ask(shop, ['bus', 'log', 'recording'])).toMatchObject({ ok: true, exitCode: 0 });
  });
});
