import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { headerOf } from '../../src/lab/open.ts';
import { replay } from '../../src/lab/replay.ts';
import { whatIf } from '../../src/lab/what-if.ts';
import { USUAL } from '../../src/store/flags.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import type { RecordedMachine } from '../../src/store/record.ts';
import { createKeyPem, openKeyPem, type SigningKey } from '../../src/trust/private-key.ts';
import { loadTrust, type TrustStore } from '../../src/trust/store.ts';
import { diagnosticsOf } from '../../src/trust/verdict.ts';
import { lacks } from '../authoring/compilers.ts';
import { LACKS_MACHINE } from '../machine.ts';
import { CACHE } from '../python/python.ts';
import { signNow } from '../trust/sign-now.ts';
import { ABSENT } from './native.ts';

const ports = hostPorts();
const ID = 'hypersync.core.counter';
const dir = mkdtempSync(join(tmpdir(), 'vnes-native-roots-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let key: SigningKey;
let trust: TrustStore;
beforeAll(async () => {
  key = openKeyPem(createKeyPem(ports.entropy, undefined), undefined, 'key');
  const entry = { name: 'tester', public_key: key.public.base64, namespaces: ['hypersync.core.*'] };
  writeFileSync(join(dir, 'trust.json'), JSON.stringify({ version: 1, keys: [entry] }));
  trust = await loadTrust({ file: join(dir, 'trust.json'), capsules: [] }, ports);
});

/** A signed capsule from a template; `change` edits its files after it was built. */
async function capsule(template: string, name: string, change?: (folder: string) => void): Promise<string> {
  scaffold({
    template,
    id: ID,
    dir: name,
    cwd: dir,
    templates: join(import.meta.dirname, '../../templates'),
  });
  const folder = join(dir, name);
  if (name === SYSTEM_PYTHON || name === EXACT_PYTHON) promiseLess(folder);
  if (name === EXACT || name === EXACT_PYTHON) promiseMore(folder);
  await buildCapsule(folder, name, CACHE);
  if (change) {
    rmSync(join(folder, 'impl/build.json'));
    change(folder);
  }
  signNow(folder, name, key, ports);
  return folder;
}

const SYSTEM_PYTHON = 'system-python';

/** Python sources for the interpreter of this machine. */
function promiseLess(folder: string): void {
  const file = join(folder, 'manifest.json');
  const text = readFileSync(file, 'utf8').replace('D0_bit_exact', 'D1_numerically_stable');
  writeFileSync(file, text.replace('"language": "python"', '"language": "python", "interpreter": "system"'));
}

function booting(folder: string, zone: Zone): Promise<Booted> {
  return boot({ folders: [folder], cwd: dir, trust, zone, cacheDir: CACHE });
}

const READINGS = Array.from({ length: 60 }, (_, index) => Math.sin(index) * 10 ** (index % 9) + index / 3);
const LINES = READINGS.map((value, index) =>
  JSON.stringify({ topic: 'reading.v1', time: 1000 + index, key: `k${index % 3}`, payload: { value } }),
);

async function rootsOf(folder: string, zone: Zone): Promise<readonly unknown[]> {
  const booted = await booting(folder, zone);
  expect(booted.refused.flatMap(({ checks }) => diagnosticsOf(checks))).toEqual([]);
  const recording = mkdtempSync(join(dir, 'recording-'));
  const { seal, tally } = await run({
    dir: recording,
    settings: { seed: '7', epoch: 1000, frameIngress: 8, zone },
    booted,
    network: await bind(booted.capsules, USUAL),
    input: parseIngress(Buffer.from(LINES.join('\n')), 'readings', () => []),
    timing: UNDISTURBED,
    invariants: await prepareInvariants(booted.capsules),
    cacheDir: CACHE,
  });
  const { machine } = headerOf(recording).header;
  expect(machine !== undefined).toBe(folder.includes('exact'));
  expect(tally.of(ID).deliveries).toMatchObject({ ok: READINGS.length, trap: 0 });
  const { divergence } = await replay({ dir: recording, timing: UNDISTURBED, cacheDir: CACHE });
  expect(divergence).toBeUndefined();
  if (machine) await refusesAnother(recording, machine);
  return [seal.logRoot, seal.stateRoot];
}

/** A recording from a machine with another kernel is not replayed. */
async function refusesAnother(recording: string, machine: RecordedMachine): Promise<void> {
  const other = mkdtempSync(join(dir, 'other-'));
  cpSync(join(recording, 'objects'), join(other, 'objects'), { recursive: true });
  const journal = createJournal(other);
  const kernel = { ...machine.kernel, version: 'vmlinuz-0' };
  for (const { record } of readJournal(recording))
    journal.append([record.type === 'header' ? { ...record, machine: { ...machine, kernel } } : record]);
  journal.close();
  const refused = replay({ dir: other, timing: UNDISTURBED, cacheDir: CACHE });
  await expect(refused).rejects.toThrow('VNES8112');
  const alternative = whatIf({ dir: other, folders: [], cwd: dir, trust, clock: ports.clock });
  await expect(alternative).rejects.toThrow('VNES8112');
}

/** The same with the promise to be bit-exact, in the zone in which they can be. */
const EXACT = 'native-c, exact';
const EXACT_PYTHON = 'system-python, exact';

function promiseMore(folder: string): void {
  const file = join(folder, 'manifest.json');
  const text = readFileSync(file, 'utf8').replace('D1_numerically_stable', 'D0_bit_exact');
  writeFileSync(file, text.replace(/"trust_zone": "\w+"/, '"trust_zone": "ephemeral"'));
}

const ABSENT_ANYWHERE = ABSENT || lacks('rust');
/** Where each is run; that Python is the same in all zones, another test says. */
const ZONES: Readonly<Record<string, readonly Zone[]>> = {
  'wasm-c': ['system'],
  'wasm-rust': ['tenant'],
  python: ['tenant'],
  [SYSTEM_PYTHON]: ['tenant'],
  'native-c': ['system', 'tenant', 'session'],
  'native-so': ['tenant'],
  ...(LACKS_MACHINE ? {} : { [EXACT]: ['system'], [EXACT_PYTHON]: ['system'] }),
};
/** The templates of those that are called otherwise. */
const TEMPLATES: Readonly<Record<string, string>> = {
  [SYSTEM_PYTHON]: 'python',
  [EXACT]: 'native-c',
  [EXACT_PYTHON]: 'python',
};

test.skipIf(ABSENT_ANYWHERE)(
  `the same logic has the same roots in every language, on every rung, and replays ${ABSENT_ANYWHERE}`,
  async () => {
    const first = await rootsOf(await capsule('wasm-ts', 'wasm-ts'), 'system');
    for (const [name, zones] of Object.entries(ZONES)) {
      const folder = await capsule(TEMPLATES[name] ?? name, name);
      for (const zone of zones)
        expect([name, zone, ...(await rootsOf(folder, zone))]).toEqual([name, zone, ...first]);
    }
  },
  480_000,
);

/** What a boot says against a native capsule whose files were changed. */
async function refusal(
  name: string,
  change: (folder: string) => void,
  template = 'native-c',
): Promise<unknown> {
  const booted = await booting(await capsule(template, name, change), 'system');
  return booted.refused
    .flatMap(({ checks }) => diagnosticsOf(checks))
    .find(({ code }) => code.startsWith('VNES50'));
}

test.skipIf(ABSENT)(
  `native code is admitted when it promises what its sandbox can keep ${ABSENT}`,
  async () => {
    const promising = await refusal('promising', folder => {
      const file = join(folder, 'manifest.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('D1_numerically_stable', 'D0_bit_exact'));
    });
    expect(promising).toMatchObject({
      code: 'VNES5040',
      place: { pointer: '/capabilities/determinism_tier' },
    });
    const interpreted = await refusal(
      'interpreted',
      folder => {
        const file = join(folder, 'manifest.json');
        writeFileSync(
          file,
          readFileSync(file, 'utf8').replace(
            '"language": "python"',
            '"language": "python", "interpreter": "system"',
          ),
        );
      },
      'python',
    );
    expect(interpreted).toMatchObject({ code: 'VNES5040' });
    const dynamic = await refusal('dynamic', folder =>
      writeFileSync(join(folder, 'impl/capsule'), readFileSync('/bin/sh')),
    );
    expect(dynamic).toMatchObject({ code: 'VNES5041', found: expect.stringContaining('libc.so') });
    const script = await refusal('script', folder =>
      writeFileSync(join(folder, 'impl/capsule'), '#!/bin/sh\n'),
    );
    expect(script).toMatchObject({ code: 'VNES5041', found: 'not an ELF file' });
    const foreign = await refusal('foreign', folder => {
      const file = join(folder, 'impl/capsule');
      const bytes = readFileSync(file);
      bytes.writeUInt16LE(243, 18);
      writeFileSync(file, bytes);
    });
    expect(foreign).toMatchObject({ code: 'VNES5041', found: 'a program for the architecture 243' });
  },
  60_000,
);
