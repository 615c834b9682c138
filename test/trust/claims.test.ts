import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { runJson } from '../cli/run.ts';
import { MANIFEST, makeCapsule, newKey, portsIn, temporaryFolder, trusting, writeFiles } from './capsules.ts';
import { signNow } from './sign-now.ts';

const GOOD = readFileSync(
  path.resolve(import.meta.dirname, '../../fixtures/demo/capsules/hypersync.core.geometry/impl/capsule.wasm'),
);
function manifest(tier: string, wasm?: string): string {
  return JSON.stringify({
    ...MANIFEST,
    capabilities: { provides: ['count'], determinism_tier: tier },
    ...(wasm === undefined ? {} : { interfaces: { wasm } }),
  });
}

/** The check of a signed capsule, and whether it is admitted. */
function claim(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = makeCapsule(files);
  const key = newKey();
  signNow(folder, 'counter', key, portsIn(folder));
  const { verdict } = verifyCapsule(folder, 'counter', trusting(['user.*'], key));
  const check = verdict.checks.find(({ id }) => id === 'claims.determinism')!;
  const said = (check.diagnostics ?? []).map(
    ({ code, severity, place, found }) => `${severity} ${code} ${place?.file}:${place?.line}: ${found}`,
  );
  return { admitted: verdict.admitted, result: check.result, said };
}

describe('claims.determinism', () => {
  test('passes components of the capsule world, and Python that computes', () => {
    expect(
      claim({
        'manifest.json': manifest('D0', 'impl/capsule.wasm'),
        'impl/capsule.wasm': GOOD,
        'impl/src/main.py': 'import math\n# import random\n',
      }),
    ).toEqual({ admitted: true, result: 'pass', said: [] });
  });

  test('tells of Python that imports what differs, with its line, and admits it', () => {
    expect(
      claim({
        'manifest.json': manifest('D0_bit_exact'),
        'impl/src/main.py': '"""import os"""\nimport json, random\nfrom time import sleep\n',
        'impl/src/deep/er.py': 'def f():\n    import threading',
      }),
    ).toEqual({
      admitted: true,
      result: 'warn',
      said: [
        'warning VNES3020 counter/impl/src/deep/er.py:2: threading, which brings in the order of threads and tasks',
        'warning VNES3020 counter/impl/src/main.py:2: random, which brings in randomness',
        'warning VNES3020 counter/impl/src/main.py:3: time, which brings in the time',
      ],
    });
  });

  test('refuses a component that imports a clock', () => {
    const to = 'wasi:clocks/abc@0.2.00';
    const component = replaced(GOOD, 'vnes:capsule/log@1.0.0', to);
    const { admitted, said } = claim({
      'manifest.json': manifest('D0', 'impl/capsule.wasm'),
      'impl/capsule.wasm': component,
    });
    expect(admitted).toBe(false);
    expect(said).toEqual([
      `error VNES3020 counter/impl/capsule.wasm:undefined: ${to}, which brings in the time`,
    ]);
  });

  test('says nothing about capsules that promise less', () => {
    for (const tier of ['D1', 'D2_soft_deterministic', 'NX']) {
      const { admitted, said } = claim({
        'manifest.json': manifest(tier),
        'impl/src/main.py': 'import random',
      });
      expect([admitted, said]).toEqual([true, []]);
    }
  });

  test.each([
    ['impl/capsule.wasm', 'the bytes are no WebAssembly'],
    ['impl/capsule.bin', 'impl/capsule.bin'],
  ])('says that %s stays unchecked', (entry, found) => {
    const { admitted, said } = claim({ 'manifest.json': manifest('D0', entry), [entry]: 'no code' });
    expect(admitted).toBe(true);
    expect(said).toEqual([expect.stringMatching(/^warning VNES3021 /)]);
    expect(said[0]).toContain(found);
  });
});

test('vnes verify prints the warning and ends well', async () => {
  const folder = makeCapsule({ 'impl/src/main.py': '\nimport socket\n' });
  const key = newKey();
  signNow(folder, folder, key, portsIn(folder));
  const home = temporaryFolder();
  const entry = { name: 'ada', public_key: key.public.base64, namespaces: ['user.*'] };
  writeFiles(home, { 'trust.json': JSON.stringify({ version: 1, keys: [entry] }) });
  const report = await runJson(['verify', folder, '--trust', path.join(home, 'trust.json')], { cwd: home });
  expect(report).toMatchObject({ ok: true, exitCode: 0 });
  expect(report.diagnostics).toMatchObject([{ code: 'VNES3020', severity: 'warning', place: { line: 2 } }]);
});

/** The same bytes with another text of the same length. */
function replaced(bytes: Buffer, from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');
}
