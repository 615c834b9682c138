import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { Ports } from '../../src/base/ports.ts';
import { createKeyPem, openKeyPem, type SigningKey } from '../../src/trust/private-key.ts';
import type { TrustStore } from '../../src/trust/store.ts';

/** A temporary folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'vnes-trust-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The ports of this machine, but with a home, a current folder and variables of the test's own. */
export function portsIn(folder: string, variables: Readonly<Record<string, string>> = {}): Ports {
  const host = hostPorts();
  return {
    ...host,
    env: { ...host.env, cwd: folder, home: path.join(folder, 'home'), get: name => variables[name] },
  };
}

export const MANIFEST: JsonObject = {
  schema_version: 'v1.0',
  id: 'user.ada.counter',
  version: '1.2.3',
  type: 'logic',
  description: 'Counts what it sees.',
  capabilities: { provides: ['count'], determinism_tier: 'D0' },
  governance: { tier: 'local', audit_level: 'none' },
};

/** Writes files below `folder`, by path. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}

/** A small unsigned capsule in a folder of its own. */
export function makeCapsule(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = path.join(temporaryFolder(), 'counter');
  writeFiles(folder, {
    'manifest.json': JSON.stringify(MANIFEST, undefined, 2),
    'spec/logic.md': '# Counter\n',
    'impl/src/main.ts': 'export const one = 1;\n',
    'impl/capsule.bin': new Uint8Array([0, 1, 2, 255]),
    'README.md': 'A counter, naïve.\n',
    ...files,
  });
  return folder;
}

/** A fresh signing key. */
export function newKey(): SigningKey {
  return openKeyPem(createKeyPem(hostPorts().entropy, undefined), undefined, 'test key');
}

/** A store that trusts these keys for these namespaces. */
export function trusting(namespaces: readonly string[], ...keys: readonly SigningKey[]): TrustStore {
  return {
    files: ['test'],
    keys: keys.map((key, index) => ({ name: `key${index}`, key: key.public, namespaces })),
  };
}
