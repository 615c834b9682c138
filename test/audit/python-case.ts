import { readdirSync, readFileSync } from 'node:fs';
import { sha256 } from '../../src/base/digest.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { parseTier, type TierName } from '../../src/capsule/tier.ts';
import type { LoadedCapsule } from '../../src/kernel/binding.ts';

export const ID = 'audit.case';
export const CORPUS = new URL('../../fixtures/audit/', import.meta.url);
export const PAYLOAD = JSON.stringify({
  type: 'object',
  required: ['word', 'number'],
  properties: {
    word: { type: 'string', minLength: 1, maxLength: 12 },
    number: { type: 'number', minimum: -100, maximum: 100 },
  },
});

export type Side = 'planted' | 'clean';

export interface Cause {
  readonly name: string;
  readonly caughtBy: string;
  readonly source: string;
  capsule(side: Side, tier?: TierName): LoadedCapsule;
}

/** The causes of the corpus that are written in Python. */
export const PYTHON_CAUSES: readonly Cause[] = readdirSync(new URL('python/', CORPUS))
  .sort()
  .map(file => causeOf(file.replace('.py', ''), readFileSync(new URL(`python/${file}`, CORPUS), 'utf8')));

function causeOf(name: string, source: string): Cause {
  const caughtBy = /^"""Caught by: ([a-z-]+)\./.exec(source)?.[1];
  if (caughtBy === undefined) throw new Error(`${name} does not say what catches it`);
  return {
    name,
    caughtBy,
    source,
    capsule: (side, tier = 'D0') =>
      loaded({ 'impl/src/main.py': source }, { python: `impl.src.main:${side}` }, tier),
  };
}

/** A capsule as the kernel has it after admission. */
export function loaded(
  files: Readonly<Record<string, string | Uint8Array>>,
  interfaces: Manifest['interfaces'],
  tier: TierName,
  runtime: Manifest['runtime'] = {},
): LoadedCapsule {
  const manifest: Manifest = {
    id: ID,
    version: '1.0.0',
    type: 'logic',
    description: 'One cause of nondeterminism, or its clean twin.',
    capabilities: { provides: [], determinism_tier: tier },
    interfaces: {
      bus: {
        subscribes: [{ topic: 'in.v1', schema: 'spec/schemas/in.json' }],
        publishes: [{ topic: 'out.v1' }],
      },
      ...interfaces,
    },
    governance: { tier: 'local', audit_level: 'none' },
    runtime: { memory_limit_mb: 32, ...runtime },
    security: { trust_zone: 'system' },
  };
  const all = { ...files, 'spec/schemas/in.json': PAYLOAD };
  return {
    manifest,
    tree: sha256(JSON.stringify(manifest)),
    zone: 'system',
    tier: parseTier(tier),
    bindings: {},
    paths: Object.keys(all),
    read: path => Buffer.from(all[path as keyof typeof all]!),
  };
}
