import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import type { Digest } from '../../src/base/digest.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { parseManifest } from '../../src/capsule/parse.ts';
import type { Statement } from '../../src/capsule/receipt.ts';
import type { ManifestDocument } from '../../src/generated/manifest.js';
import type { StatementDocument } from '../../src/generated/receipt.js';
import { MANIFEST } from '../trust/capsules.ts';

/** `true` when two types are one: the same properties, optional or not, of the same types. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Property by property, so that the compiler's error names the one that differs. */
type Differing<A, B> = {
  [K in keyof A | keyof B]: K extends keyof A & keyof B
    ? Same<Flat<A[K]>, Flat<B[K]>> extends true
      ? never
      : K
    : K;
}[keyof A | keyof B];
/** An interface as the plain object type that it stands for; digests as the strings that a schema knows. */
type Flat<T> = T extends Digest
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Flat<Item>[]
    : T extends object
      ? { [K in keyof T]: Flat<T[K]> }
      : T;

// Compiled, not run: types that drift from the schema do not pass the compiler.
const manifestDifferences: Differing<Manifest, ManifestDocument>[] = [];
const statementDifferences: Differing<Statement, StatementDocument>[] = [];

test('the TypeScript types are those of the schemas', () => {
  const agree: Same<Differing<Manifest, ManifestDocument>, never> = true;
  const statementsAgree: Same<Differing<Statement, StatementDocument>, never> = true;
  expect([manifestDifferences, statementDifferences, agree, statementsAgree]).toEqual([[], [], true, true]);
});

function parse(manifest: unknown): Manifest {
  return parseManifest(Buffer.from(JSON.stringify(manifest, undefined, 2)), 'manifest.json');
}

function refusals(manifest: unknown) {
  try {
    parse(manifest);
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics;
    throw error;
  }
  return [];
}

/** Every field that the companion documents name, as real capsules carry them. */
const FIELD: JsonObject = {
  schema_version: 'v1.0',
  id: 'hypersync.core.geometry.poincare_disk',
  version: '0.10.2',
  type: 'logic',
  description: 'Hyperbolic geometry on the disk.',
  summary: 'Geometry.',
  tags: ['geometry', 'core'],
  capabilities: {
    provides: ['geometry.distance'],
    requires: [],
    input_schemas: ['schema.point.v1'],
    output_schemas: ['schema.distance.v1'],
    determinism_tier: 'D0_bit_exact',
    latency_class: 'interactive',
  },
  interfaces: {
    python: 'impl.src.main:run',
    wasm: 'impl/geometry.wasm',
    rest: { path: '/distance' },
    cli: 'geometry',
    tui: null,
  },
  governance: { tier: 'core', audit_level: 'critical', owner: 'core team', reviewed_by: 'grace', ticket: 7 },
  runtime: { language: 'python', requires_gpu: false, timeout_ms: 500, memory_limit_mb: 64, threads: 1 },
  security: { trust_zone: 'system', sandbox_class: 'strict', notes: [] },
  lineage: {
    derived_from: 'hypersync.core.geometry@0.9.0',
    supersedes: ['hypersync.core.geometry.old'],
    since: 2024,
  },
};

describe('parseManifest', () => {
  test.each([
    ['all fields in use', FIELD],
    ['no more than the required ones', MANIFEST],
    ['short tiers', { ...FIELD, capabilities: { provides: [], determinism_tier: 'D2' } }],
    ['no security', { ...FIELD, security: undefined }],
    ['$schema', { $schema: 'https://stunir.io/vnes/schemas/manifest-v1.json', ...FIELD }],
  ])('takes a manifest of the field with %s, unchanged', (_, manifest) => {
    expect(parse(manifest)).toEqual(JSON.parse(JSON.stringify(manifest)));
  });

  test.each(['id', 'version', 'type', 'description', 'capabilities', 'governance'])('requires %s', key => {
    const { [key]: _, ...rest } = FIELD;
    expect(refusals(rest)).toMatchObject([{ code: 'VNES1011', expected: `the key "${key}"` }]);
  });

  test.each<[string, JsonObject, string]>([
    ['an unknown key at the top', { extra: 1 }, '/extra'],
    ['an id with capitals', { id: 'user.Ada' }, '/id'],
    ['an id with a version', { id: 'user.ada@1' }, '/id'],
    ['an id that begins with a dot', { id: '.user.ada' }, '/id'],
    ['a version of two numbers', { version: '1.0' }, '/version'],
    ['a version with a leading zero', { version: '01.0.0' }, '/version'],
    ['an unknown type', { type: 'thing' }, '/type'],
    ['an unknown zone', { security: { trust_zone: 'root' } }, '/security/trust_zone'],
    [
      'a schema path that leads out',
      { interfaces: { bus: { publishes: [{ topic: 'a.v1', schema: '../x.json' }] } } },
      '/interfaces/bus/publishes/0/schema',
    ],
    [
      'an absolute schema path',
      { interfaces: { bus: { publishes: [{ topic: 'a.v1', schema: '/x.json' }] } } },
      '/interfaces/bus/publishes/0/schema',
    ],
    [
      'a topic without a version',
      { interfaces: { bus: { subscribes: [{ topic: 'weather' }] } } },
      '/interfaces/bus/subscribes/0/topic',
    ],
    ['a misspelt key of ours', { interfaces: { bus: { subscribe: [] } } }, '/interfaces/bus/subscribe'],
    ['fuel that is no whole number', { runtime: { fuel: 1.5 } }, '/runtime/fuel'],
  ])('refuses %s', (_, change, pointer) => {
    expect(refusals({ ...FIELD, ...change })).toMatchObject([{ code: 'VNES1011', place: { pointer } }]);
  });

  test('reports all violations at once, with line and column, in the order of the document', () => {
    const found = refusals({ ...FIELD, id: 'X', version: 1, tags: 'a', extra: true });
    expect(
      found.map(({ place, expected }) => [place?.pointer, place?.line, place?.column, expected]),
    ).toEqual([
      ['/id', 3, 9, expect.stringContaining('dotted lower-case segments')],
      ['/version', 4, 14, 'major.minor.patch, such as 1.0.0'],
      ['/tags', 8, 11, 'a list of strings'],
      ['/extra', expect.any(Number), 12, expect.stringContaining('only $schema, schema_version, id')],
    ]);
    expect(found[0]?.place?.frame).toBe('3 |   "id": "X",\n  |         ^');
  });
});

test('a hundred thousand violations are counted, not each looked up', () => {
  const found = refusals({ ...FIELD, tags: new Array(150_000).fill(1) });
  expect(found).toHaveLength(101);
  expect(found.at(-1)).toMatchObject({ code: 'VNES1011', message: '149900 more violations' });
});

test('every property of the manifest schema is described for editors', () => {
  const file = path.resolve(import.meta.dirname, '../../schemas/manifest.schema.json');
  const schema = JSON.parse(readFileSync(file, 'utf8'));
  const undescribed = Object.entries<JsonObject>(schema.properties).filter(([, property]) => {
    const target = String(property.$ref ?? '').replace('#/$defs/', '');
    return !(property.description ?? schema.$defs[target]?.description);
  });
  expect(Object.keys(schema.properties)).toContain('capabilities');
  expect(undescribed.map(([name]) => name)).toEqual([]);
});
