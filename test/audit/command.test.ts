import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import { parseEvidence } from '../../src/trust/audit-evidence.ts';
import { createKeyPem, openKeyPem, type SigningKey } from '../../src/trust/private-key.ts';
import { runCli, runJson } from '../cli/run.ts';
import { signNow } from '../trust/sign-now.ts';
import { PAYLOAD, PYTHON_CAUSES, type Side } from './python-case.ts';
import { INPUT } from './run.ts';

const ports = hostPorts();
const room = mkdtempSync(join(tmpdir(), 'vnes-audit-command-'));
const cause = PYTHON_CAUSES.find(({ name }) => name === 'set_order')!;
let key: SigningKey;

beforeAll(() => {
  key = openKeyPem(createKeyPem(ports.entropy, undefined), undefined, 'key');
  const entry = { name: 'tester', public_key: key.public.base64, namespaces: ['audit.*'] };
  write('vnes.trust.json', JSON.stringify({ version: 1, keys: [entry] }));
  write(
    'events.ndjson',
    INPUT.map(({ topic, time, payload }) => JSON.stringify({ topic, time, payload })).join('\n'),
  );
  for (const side of ['planted', 'clean'] as const) writeCapsule(side);
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(room, path)), { recursive: true });
  writeFileSync(join(room, path), content);
}

function writeCapsule(side: Side): void {
  const { manifest } = cause.capsule(side);
  write(`${side}/manifest.json`, JSON.stringify(manifest));
  write(`${side}/spec/schemas/in.json`, PAYLOAD);
  write(`${side}/impl/src/main.py`, cause.source);
  signNow(join(room, side), side, key, ports);
}

const env = { XDG_CACHE_HOME: join(tmpdir(), 'vnes-test-cache') };
const words = (...more: readonly string[]) => ['audit', 'determinism', ...more, '--trust', 'vnes.trust.json'];
const json = (...more: readonly string[]) => runJson(words(...more), { cwd: room, env });

test('grants a tier, over events made up from the schemas', async () => {
  const { exitCode, data, diagnostics } = await json('clean', '--only', 'hash-seed', '--only', 'repeat');
  expect([exitCode, diagnostics]).toEqual([0, []]);
  expect(data).toMatchObject({
    verdict: 'granted',
    runs: 3,
    deliveries: { ok: 24 },
    input: expect.stringMatching(/made up/),
  });
}, 60_000);

test('refuses one with a witness, and with the command that shows it again', async () => {
  const { exitCode, data, diagnostics } = await json(
    'planted',
    '--input',
    'events.ndjson',
    '--only',
    'hash-seed',
  );
  expect(exitCode).toBe(1);
  expect(data).toMatchObject({
    verdict: 'held',
    probes: [
      {
        name: 'hash-seed',
        held: true,
        witness: { what: 'published[0]', at: 'impl/src/main.py:7 in planted' },
        reproduce:
          'vnes audit determinism --only hash-seed --input events.ndjson --trust vnes.trust.json planted',
      },
    ],
  });
  expect(diagnostics).toMatchObject([
    { code: 'VNES8111', severity: 'error', place: { file: 'planted/impl/src/main.py', line: 7 } },
  ]);
}, 60_000);

test('what the sandbox holds can be allowed, and is told in words', async () => {
  const { status, stdout } = await runCli(
    words('planted', '--input', 'events.ndjson', '--only', 'hash-seed', '--allow-held'),
    { cwd: room, env },
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/^held audit\.case@1\.0\.0: D0_bit_exact as long as the sandbox stays as it is/);
  expect(stdout).toMatch(/published\[0\] for event \d, at impl\/src\/main\.py:7 in planted/);
}, 60_000);

test('takes what a recording gave, of the very capsule that took part', async () => {
  const run = [
    'run',
    'planted',
    '--input',
    'events.ndjson',
    '--record',
    'recording',
    '--trust',
    'vnes.trust.json',
  ];
  expect(await runJson(run, { cwd: room, env })).toMatchObject({ exitCode: 0 });
  const held = await json('planted', '--recording', 'recording', '--only', 'hash-seed');
  expect(held).toMatchObject({ exitCode: 1, data: { input: 'what recording gave it', verdict: 'held' } });
  expect(await json('clean', '--recording', 'recording')).toMatchObject({
    exitCode: 2,
    diagnostics: [{ code: 'VNES8104' }],
  });
}, 60_000);

test('evidence becomes part of a receipt, which is held to it', async () => {
  const evidence = ['--only', 'hash-seed', '--only', 'repeat', '--evidence', 'evidence.json'];
  expect(await json('clean', ...evidence)).toMatchObject({ exitCode: 0 });
  const text = readFileSync(join(room, 'evidence.json'), 'utf8');
  const found = parseEvidence(Buffer.from(text), 'evidence.json');
  expect(found).toMatchObject({
    tier: 'D0_bit_exact',
    verdict: 'granted',
    runs: 3,
    no_matter: ['repeat', 'hash-seed'],
  });
  write('key.pem', createKeyPem(ports.entropy, undefined));
  const sign = (folder: string) =>
    runJson(['sign', folder, '--key', 'key.pem', '--evidence', 'evidence.json'], { cwd: room, env });
  expect(await sign('planted')).toMatchObject({ exitCode: 1, diagnostics: [{ code: 'VNES2055' }] });
  expect(await sign('clean')).toMatchObject({ exitCode: 0 });

  signNow(join(room, 'clean'), 'clean', key, ports, { evidence: found });
  const trust = join(room, 'vnes.trust.json');
  const verify = (...more: readonly string[]) =>
    runJson(['verify', 'clean', '--trust', trust, ...more], { cwd: room, env });
  expect(await verify()).toMatchObject({ exitCode: 0 });
  const rule = (expression: string) => {
    const rules = [
      { id: 'audited', why: 'a test', scopes: [{ namespace: 'audit.*', level: 'enforce' }], expression },
    ];
    write('policy.json', JSON.stringify({ version: 1, rules }));
    return verify('--policy', join(room, 'policy.json'));
  };
  expect(await rule("receipt.audit.verdict == 'granted' && receipt.audit.runs >= 3")).toMatchObject({
    exitCode: 0,
  });
  expect(await rule("'addresses' in receipt.audit.no_matter")).toMatchObject({ exitCode: 1 });
}, 60_000);

test.each([
  ['more than one capsule', ['.'], 2, 'VNES9006'],
  ['a capsule that is not admitted', ['strange'], 1, 'VNES2001'],
  ['an unknown perturbation', ['clean', '--only', 'moon'], 2, 'VNES8106'],
])(
  '%s is refused',
  async (_, args, exitCode, code) => {
    write(
      'strange/manifest.json',
      JSON.stringify({ ...cause.capsule('clean').manifest, id: 'audit.strange' }),
    );
    const report = await json(...args);
    expect(report).toMatchObject({ exitCode });
    expect(report.diagnostics.map(diagnostic => diagnostic.code)).toContain(code);
  },
  60_000,
);
