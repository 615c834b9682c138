import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCapsule } from '../../src/authoring/build/build.ts';
import { scaffold } from '../../src/authoring/scaffold/scaffold.ts';
import { hostPorts } from '../../src/base/host.ts';
import type { Zone } from '../../src/capsule/zone.ts';
import { bind } from '../../src/kernel/binding.ts';
import { type Booted, boot } from '../../src/kernel/boot.ts';
import { parseIngress } from '../../src/kernel/ingress.ts';
import { prepareInvariants } from '../../src/kernel/invariants/prepare.ts';
import { run } from '../../src/kernel/run.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { replay } from '../../src/lab/replay.ts';
import { USUAL } from '../../src/store/flags.ts';
import { readJournal } from '../../src/store/read.ts';
import { createKeyPem, openKeyPem, type SigningKey } from '../../src/trust/private-key.ts';
import { loadTrust, type TrustStore } from '../../src/trust/store.ts';
import { diagnosticsOf } from '../../src/trust/verdict.ts';
import { signNow } from '../trust/sign-now.ts';
import { CACHE } from './python.ts';

const ports = hostPorts();
const ID = 'hypersync.core.counter';
const dir = mkdtempSync(join(tmpdir(), 'vnes-roots-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let key: SigningKey;
let trust: TrustStore;
beforeAll(async () => {
  key = openKeyPem(createKeyPem(ports.entropy, undefined), undefined, 'key');
  const entry = { name: 'tester', public_key: key.public.base64, namespaces: ['hypersync.core.*'] };
  writeFileSync(join(dir, 'trust.json'), JSON.stringify({ version: 1, keys: [entry] }));
  trust = await loadTrust({ file: join(dir, 'trust.json'), capsules: [] }, ports);
});

/** A signed capsule from a template; `change` edits its files before it is built. */
async function capsule(template: string, name: string, change = (_folder: string) => {}): Promise<string> {
  const templates = join(import.meta.dirname, '../../templates');
  scaffold({ template, id: ID, dir: name, cwd: dir, templates });
  const folder = join(dir, name);
  change(folder);
  await buildCapsule(folder, name, CACHE);
  signNow(folder, name, key, ports);
  return folder;
}

function booting(folder: string, zone: Zone = 'system'): Promise<Booted> {
  return boot({ folders: [folder], cwd: dir, trust, zone, cacheDir: CACHE });
}

async function runOver(folder: string, values: readonly unknown[], zone: Zone = 'system') {
  const booted = await booting(folder, zone);
  expect(booted.refused.flatMap(({ checks }) => diagnosticsOf(checks))).toEqual([]);
  const lines = values.map((value, index) =>
    JSON.stringify({ topic: 'reading.v1', time: 1000 + index, key: `k${index % 3}`, payload: { value } }),
  );
  const settings = { seed: '7', epoch: 1000, frameIngress: 4, zone };
  const recording = mkdtempSync(join(dir, 'recording-'));
  const outcome = await run({
    dir: recording,
    settings,
    booted,
    network: await bind(booted.capsules, USUAL),
    input: parseIngress(Buffer.from(lines.join('\n')), 'readings', () => []),
    timing: UNDISTURBED,
    invariants: await prepareInvariants(booted.capsules),
    cacheDir: CACHE,
  });
  return { ...outcome, recording };
}

const READINGS = Array.from({ length: 40 }, (_, index) => Math.sin(index) * 10 ** (index % 7) + index / 3);

test.skipIf(!BUBBLEWRAP)(
  'the same logic has the same roots in AssemblyScript and in Python, on every rung, and replays',
  async () => {
    const script = await runOver(await capsule('wasm-ts', 'script'), READINGS);
    const folder = await capsule('python', 'python');
    for (const zone of ['system', 'tenant', 'session'] as const) {
      const python = await runOver(folder, READINGS, zone);
      expect([python.seal.logRoot, python.seal.stateRoot]).toEqual([
        script.seal.logRoot,
        script.seal.stateRoot,
      ]);
      expect(python.tally.of(ID).deliveries).toMatchObject({ ok: READINGS.length, trap: 0 });
      const { divergence } = await replay({ dir: python.recording, timing: UNDISTURBED, cacheDir: CACHE });
      expect(divergence).toBeUndefined();
    }
  },
  180_000,
);

const FRAGILE = `
import random, uuid, vnes
memory = []

def run(event):
    value = event.payload["value"]
    memory.append(value)
    if value == 1: raise ValueError(f"no {value} after {memory}")
    if value == 2: raise vnes.Refusal("not two")
    if value == 3:
        while True: memory.append(memory)
    if value == 4: vnes.state.put("other/x", 1)
    vnes.state.put("${ID}/seen", {"memory": memory, "random": random.random(), "uuid": str(uuid.uuid4()), "id": id(event)})
    vnes.publish("summary.v1", {"count": len(memory), "mean": random.random()}, event.key)
`;

import { BUBBLEWRAP, lacks } from '../bubblewrap.ts';

test('exceptions, refusals and what is used up are recorded outcomes that replay, and the capsule goes on', async () => {
  const folder = await capsule('python', 'fragile', made => {
    writeFileSync(join(made, 'impl/src/main.py'), FRAGILE);
    const manifest = JSON.parse(readFileSync(join(made, 'manifest.json'), 'utf8'));
    manifest.runtime.fuel = 20_000_000_000;
    writeFileSync(join(made, 'manifest.json'), JSON.stringify(manifest));
  });
  const values = [0, 2, 5, 1, 6, 7, 3, 8, 9, 4, 10];
  const first = await runOver(folder, values);
  const deliveries = [...readJournal(first.recording)].flatMap(({ record }) =>
    record.type === 'frame'
      ? record.deliveries.map(({ outcome, message }) => `${outcome} ${message ?? ''}`)
      : [],
  );
  expect(deliveries.map(text => text.trim())).toEqual([
    'ok',
    'error not two',
    'ok',
    'trap ValueError: no 1 after [0, 2, 5, 1]\n  impl/src/main.py:8 in run',
    'ok',
    'ok',
    expect.stringMatching(/^trap (?:memory ran out|out of fuel)$/),
    'ok',
    'ok',
    'fault wrote the key other/x, which it does not own',
    'ok',
  ]);
  const second = await runOver(folder, values, lacks('session') ? 'system' : 'session');
  expect([second.seal.logRoot, second.seal.stateRoot]).toEqual([first.seal.logRoot, first.seal.stateRoot]);
  const { divergence } = await replay({ dir: second.recording, timing: UNDISTURBED, cacheDir: CACHE });
  expect(divergence).toBeUndefined();
}, 180_000);

test('the header of a recording names the interpreter, of Python alone', async () => {
  const flags = (recording: string) => {
    const [first] = [...readJournal(recording)];
    return first!.record.type === 'header' ? first!.record.flags : [];
  };
  const python = await runOver(join(dir, 'python'), [1]);
  const script = await runOver(join(dir, 'script'), [1]);
  expect(flags(script.recording)).toEqual(['meter 1', 'lives 1', 'buffers 1', 'calls 1', 'own members 1']);
  expect(flags(python.recording)).toEqual([
    'meter 1',
    expect.stringMatching(/^python [0-9a-f]{16}$/),
    'lives 1',
    'buffers 1',
    'calls 1',
    'own members 1',
  ]);
}, 60_000);

test.each([
  ['impl.src.other:run', {}, 'VNES3103'],
  ['impl.src.main.run', {}, 'VNES5032'],
  ['impl.src.main:handle', {}, 'VNES5032'],
  ['impl.src.main:run', { 'impl/src/main.py': 'def run(event)\n  pass\n' }, 'VNES5034'],
  ['impl.src.main:run', { 'impl/src/unused.py': 'import = 1\n' }, 'VNES5034'],
])(
  'with the entry point %s and %j a capsule is not admitted: %s',
  async (python, files, code) => {
    const name = mkdtempSync(join(dir, 'bad-')).slice(dir.length + 1);
    const templates = join(import.meta.dirname, '../../templates');
    scaffold({ template: 'python', id: ID, dir: name, cwd: dir, templates });
    const folder = join(dir, name);
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    manifest.interfaces.python = python;
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
    signNow(folder, name, key, ports);
    const { refused } = await booting(folder);
    const codes = refused
      .flatMap(({ checks }) => diagnosticsOf(checks))
      .filter(({ severity }) => severity === 'error');
    expect(codes.map(diagnostic => diagnostic.code)).toEqual([code]);
  },
  60_000,
);
