import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { hostPorts } from '../../src/base/host.ts';
import { jobsFor } from '../../src/cli/threads.ts';
import { rootText } from '../../src/trust/root/encode.ts';
import { begun, KEYS, rootOf, signed } from '../trust/roots.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const VNES = path.join(ROOT, 'bin/vnes.js');
const FIXTURES = path.join(ROOT, 'fixtures/demo');
const COPIES = 6;

let folder: string;

/** Forty capsules and more, good ones and bad ones. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'vnes-threads-'));
  const names = readdirSync(path.join(FIXTURES, 'capsules')).sort();
  for (let copy = 0; copy < COPIES; copy += 1) {
    for (const name of names) {
      cpSync(path.join(FIXTURES, 'capsules', name), at(`${name}-${copy}`), { recursive: true });
    }
  }
  writeFileSync(at(`${names[0]}-1`, 'impl/added.py'), 'import random\n');
  writeFileSync(at(`${names[1]}-3`, 'manifest.json'), '{"id": 1,\n "version": []}');
  rmSync(at(`${names[2]}-5`, 'receipt.stunir.json'));
  writeFileSync(path.join(folder, 'preload.cjs'), PRELOAD);
});

afterAll(() => rmSync(folder, { recursive: true }));

function at(...names: string[]): string {
  return path.join(folder, 'capsules', ...names);
}

/** In a thread that is not the main one, does what the environment asks for, at its start or in place of its first message. */
const PRELOAD = `
  const { isMainThread, parentPort } = require('node:worker_threads');
  const harm = {
    throw: () => { throw new Error('harm was done'); },
    exit: () => process.exit(0),
    silence: () => {},
  }[process.env.HARM];
  if (!isMainThread && process.env.WHEN === 'start') harm();
  else if (!isMainThread) {
    const send = parentPort.postMessage.bind(parentPort);
    let sent = 0;
    parentPort.postMessage = message => (++sent === 1 ? harm() : send(message));
  }
`;

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: readonly string[];
}

function verify(words: readonly string[], { env = {}, node = [] }: Options = {}) {
  const line = [...node, VNES, 'verify', 'capsules', '--trust', path.join(FIXTURES, 'vnes.trust.json')];
  return spawnSync(process.execPath, [...line, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, ...env },
  });
}

const FILES = ['report.sarif', 'junit.xml', 'summary.md', 'proof.json'];

/** Everything that verify says on so many threads. */
function everything(jobs: string, env: Readonly<Record<string, string>> = {}): string[] {
  const files = FILES.flatMap(name => [`--${path.parse(name).name.replace('report', 'sarif')}`, name]);
  const said = [['--explain', ...files], ['--json']].flatMap(words => {
    const { status, stdout, stderr } = verify([...words, '--jobs', jobs], { env });
    return [`status ${status}`, stdout, stderr];
  });
  return [...said, ...FILES.map(name => readFileSync(path.join(folder, name), 'utf8'))];
}

describe('what verify says on several threads', () => {
  test('is the same bytes on one, on a few, and on more than there are capsules', { timeout: 60_000 }, () => {
    const said = everything('1');
    expect(said[0]).toBe('status 1');
    expect(said[1]).toContain('42 discovered = 39 verified + 3 failed');
    for (const code of ['VNES2005', 'VNES1011', 'VNES2001']) expect(said[2]).toContain(code);
    for (const jobs of ['2', '3', '8', '100']) expect(everything(jobs), `${jobs} threads`).toEqual(said);
    expect(everything('2', { LC_ALL: 'sk_SK.UTF-8', TZ: 'Pacific/Apia' })).toEqual(said);
  });

  test('is one finding about a trust root that does not count, however many threads meet it', () => {
    const root = path.join(folder, 'root.json');
    writeFileSync(root, rootText(begun(signed(rootOf(['ada'], 1), KEYS.ada))));
    const words = ['--json', '--now', '2040-01-01T00:00:00Z', '--trust', root];
    const [first, ...others] = ['1', '2', '3'].map(jobs => verify([...words, '-j', jobs]).stdout);
    const { data, diagnostics } = JSON.parse(first!);
    expect(data.totals).toMatchObject({ discovered: 42, failed: 42 });
    expect(diagnostics.filter(({ code }: Diagnostic) => code === 'VNES2063')).toHaveLength(1);
    expect(others).toEqual([first, first]);
  });

  test('is the same under a policy', () => {
    const policy = path.join(folder, 'policy.json');
    const expression = "capsule.id.startsWith('seattle.')";
    const scopes = [{ namespace: '*', level: 'enforce' }];
    writeFileSync(policy, JSON.stringify({ version: 1, rules: [{ id: 'r', why: 'w', scopes, expression }] }));
    const [first, ...others] = ['1', '2', '8'].map(jobs =>
      verify(['--json', '--policy', policy, '-j', jobs]),
    );
    const { data, diagnostics } = JSON.parse(first!.stdout);
    expect(data.totals.verified).toBeGreaterThan(5);
    expect(data.totals.failed).toBeGreaterThan(20);
    expect(diagnostics.map(({ code }: Diagnostic) => code)).toContain('VNES3007');
    expect(others.map(({ stdout }) => stdout)).toEqual([first!.stdout, first!.stdout]);
  });

  test.each(['0', '-1', 'x', '1.5', '', '1e3'])('refuses --jobs %j as bad usage', jobs => {
    for (const more of [[], ['--staged']]) {
      const { status, stdout, stderr } = verify(['--json', `--jobs=${jobs}`, ...more]);
      expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
      expect(JSON.parse(stdout).diagnostics).toMatchObject([{ code: 'VNES9006', severity: 'error' }]);
    }
    expect(verify(['-j', jobs]).status).toBe(2);
  });
});

describe('a thread that ends before its work is done', () => {
  test.each([
    ['throws at its start', 'throw', 'start', 'harm was done'],
    ['leaves at its start', 'exit', 'start', 'exit status 0'],
    ['throws in its work', 'throw', 'work', 'harm was done'],
    ['leaves in its work', 'exit', 'work', 'exit status 0'],
    ['keeps what it found to itself', 'silence', 'work', /^(a capsule without one|exit status 0)$/],
  ])('and %s ends verify with status 3 and no verdict', (_, HARM, WHEN, found) => {
    const env = { HARM, WHEN };
    const node = ['--require', path.join(folder, 'preload.cjs')];
    const { status, stdout, stderr } = verify(['--json', '--jobs', '2'], { env, node });
    const report = JSON.parse(stdout);
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(report).toMatchObject({ data: null, exitCode: 3, diagnostics: [{ code: 'VNES9040' }] });
    expect(report.diagnostics[0].found).toMatch(found);
    expect(report.diagnostics[0].help).toContain('--jobs 1');
  });
});

describe('the number of threads', () => {
  const env = { ...hostPorts().env, cores: 4 };

  test.each([
    [1, undefined, 1],
    [249, undefined, 1],
    [250, undefined, 2],
    [10_000, undefined, 3],
    [10_000, '1', 1],
    [10_000, '9', 9],
    [7, '9', 7],
    [10_000, '100000', 64],
  ])('for %i capsules, %s asked for: %i', (capsules, jobs, expected) => {
    expect(jobsFor(capsules, jobs === undefined ? {} : { jobs }, env)).toBe(expected);
  });

  test.each([1, 2])('is at most the number of processors: %i', cores => {
    expect(jobsFor(10_000, {}, { ...env, cores })).toBe(cores);
  });

  test('the host has at least one', () => {
    expect(hostPorts().env.cores).toBeGreaterThan(0);
  });
});
