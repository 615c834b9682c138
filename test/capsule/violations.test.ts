import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { schemaDiagnostics } from '../../src/base/schema.ts';
import { validateManifest } from '../../src/generated/manifest.js';
import { validateStatement } from '../../src/generated/receipt.js';

const CAPSULE = path.resolve(import.meta.dirname, '../../fixtures/demo/capsules/hypersync.core.geometry');

type Edit = (document: Record<string, Record<string, unknown>>) => void;

function told(validate: typeof validateManifest, text: string, edit: Edit): string[] {
  const document = JSON.parse(text);
  edit(document);
  const changed = JSON.stringify(document);
  return schemaDiagnostics(validate(document), { file: 'x', text: changed }).map(
    ({ expected }) => expected ?? '',
  );
}

/** Definitions that hold references: what is expected has to come from them, not from the top of the schema. */
test.each<[Edit, string[]]>([
  [document => ({ ...document.capabilities }), []],
  [
    document => {
      document.capabilities!.determinism_tier = 'x';
    },
    [expect.stringContaining('"D0_bit_exact"') as unknown as string],
  ],
  [
    document => {
      document.interfaces!.schedules = [{}];
    },
    ['the key "topic"', 'the key "every_ms"'],
  ],
  [
    document => {
      document.interfaces!.bus = { subscribes: [{ topic: 'a.b.v1', partitions: 0 }] };
    },
    [expect.not.stringContaining('$schema') as unknown as string],
  ],
])('a manifest, %#', (edit, expected) => {
  const text = readFileSync(path.join(CAPSULE, 'manifest.json'), 'utf8');
  expect(told(validateManifest, text, edit)).toEqual(expected);
});

test('a statement whose list of files is wrong in every way', () => {
  const receipt = JSON.parse(readFileSync(path.join(CAPSULE, 'receipt.stunir.json'), 'utf8'));
  const text = Buffer.from(receipt.payload, 'base64').toString();
  const found = told(validateStatement, text, document => {
    document.predicate!.files = [{ path: '', mode: '100600', size: -1, sha256: 'x' }];
  });
  expect(found).toEqual([
    'this many characters at least: 1',
    'one of "100644", "100755"',
    'a number from 0',
    'sha256: and 64 lower-case hexadecimal digits',
  ]);
});
