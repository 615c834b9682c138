import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hostPorts } from '../../../src/base/host.ts';
import { createKeyPem, openKeyPem, type SigningKey } from '../../../src/trust/private-key.ts';
import { signNow } from '../../trust/sign-now.ts';
import { type Entry, file, having, pathOf, RECEIPT, type Subject, write } from './capsule.ts';
import { governed } from './policy.ts';
import { Random } from './random.ts';
import { makeRoot } from './roots.ts';

/** The capsules that mutants are made of, all admitted, and the keys that signed them. */
export interface Originals {
  readonly subjects: readonly Subject[];
  /** Trusted for `user.ada.*`. */
  readonly ada: SigningKey;
  /** Trusted for `user.bob.*`. */
  readonly bob: SigningKey;
  /** Trusted by nobody; signed one of them too. */
  readonly stranger: SigningKey;
  /** Signed nothing. */
  readonly nobody: SigningKey;
}

const COMPONENT = readFileSync(
  path.resolve(
    import.meta.dirname,
    '../../../fixtures/demo/capsules/hypersync.core.geometry/impl/capsule.wasm',
  ),
);

/** The originals are the same for the same seed, keys and signatures included. */
export function makeOriginals(seed: string): Originals {
  const [ada, bob] = [newKey(`${seed} ada`), newKey(`${seed} bob`)];
  const [stranger, nobody] = [newKey(`${seed} stranger`), newKey(`${seed} nobody`)];
  const trust = `${JSON.stringify(
    {
      version: 1,
      keys: [
        { name: 'ada', public_key: ada.public.base64, namespaces: ['user.ada.*'] },
        { name: 'bob', public_key: bob.public.base64, namespaces: ['user.bob.*'] },
      ],
    },
    undefined,
    2,
  )}\n`;
  const counter = { trust, entries: counterFiles('user.ada.counter', '1.2.3') };
  const subjects = [
    signed(counter, ada),
    signed({ trust, entries: counterFiles('user.ada.counter', '1.2.4') }, ada),
    signed({ trust, entries: counterFiles('user.ada.other', '1.2.3') }, ada),
    signed({ trust, entries: componentFiles() }, ada),
    signed(counter, stranger, ada),
    signed(counter, bob, ada),
    signed({ ...counter, trust: makeRoot(ada, bob) }, bob, ada),
    signed(governed(counter, ada, bob), bob, ada),
  ];
  return { subjects, ada, bob, stranger, nobody };
}

function newKey(name: string): SigningKey {
  const random = new Random(name);
  return openKeyPem(createKeyPem({ bytes: length => random.bytes(length) }, undefined), undefined, name);
}

function manifest(id: string, version: string, more: object = {}): string {
  const document = {
    id,
    version,
    type: 'logic',
    description: 'Counts what it sees.',
    capabilities: { provides: ['count'], determinism_tier: 'D1' },
    governance: { tier: 'local', audit_level: 'none' },
    ...more,
  };
  return JSON.stringify(document, undefined, 2);
}

function counterFiles(id: string, version: string): ReadonlyMap<string, Entry> {
  return new Map([
    ['manifest.json', file(manifest(id, version))],
    ['spec/logic.md', file(`# Counter ${version}\n\nCounts.\n`)],
    ['impl/src/main.ts', file('export const one = 1;\nexport const two = 2;\n')],
    ['impl/run.sh', file('#!/bin/sh\necho counting\n', 0o755)],
    [pathOf('impl/größe 1.txt'), file('not ASCII, naïve\n')],
    ['impl/table.bin', file(new Random(id).bytes(300))],
    ['README.md', file('A counter.\n')],
    ['impl/empty', file('')],
  ]);
}

function componentFiles(): ReadonlyMap<string, Entry> {
  const interfaces = { interfaces: { wasm: 'impl/capsule.wasm' } };
  return new Map([
    ['manifest.json', file(manifest('user.ada.geometry', '2.0.0', interfaces))],
    ['impl/capsule.wasm', file(COMPONENT)],
    ['spec/schemas/point.json', file('{"type":"object"}\n')],
  ]);
}

/** The subject with a receipt by these keys. */
function signed(subject: Subject, ...keys: readonly SigningKey[]): Subject {
  const scratch = mkdtempSync(path.join(tmpdir(), 'vnes-originals-'));
  try {
    const { folder } = write(subject, scratch);
    const host = hostPorts();
    const env = { ...host.env, cwd: folder, home: scratch, get: () => undefined, nodeVersion: '24.0.0' };
    const ports = { ...host, env, clock: { ...host.clock, now: () => 1_767_225_600_000 } };
    for (const key of keys) signNow(folder, folder, key, ports, { add: key !== keys[0] });
    return having(subject, { [RECEIPT]: file(readFileSync(path.join(folder, RECEIPT))) });
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
