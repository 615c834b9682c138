import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { rootText } from '../../src/trust/root/encode.ts';
import type { RootDocument } from '../../src/trust/root/model.ts';
import { temporaryFolder } from './capsules.ts';
import { begun, continued, KEYS, rootOf, signed } from './roots.ts';

const DOCUMENT = readFileSync(path.resolve(import.meta.dirname, '../../docs/trust.md'), 'utf8');
const RECIPE = /```sh check\n(.*?)```/s.exec(DOCUMENT)![1]!;

/** Whether the recipe of the document, run by a plain shell with jq and openssl, finds that all signatures hold. */
function recipeAccepts(root: RootDocument): boolean {
  const scratch = temporaryFolder();
  const file = path.join(scratch, 'root.json');
  writeFileSync(file, rootText(root));
  const env = { PATH: process.env.PATH, ROOT: file, TMPDIR: scratch };
  try {
    execFileSync('sh', ['-c', RECIPE], { env, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const ROOT = continued(
  begun(signed(rootOf(['ada', 'bob'], 2), KEYS.ada, KEYS.bob)),
  root => ({
    ...root,
    revoked: [{ public_key: KEYS.eve.public.base64, principal: 'eve', reason: 'größer, "lost"' }],
  }),
  KEYS.ada,
  KEYS.bob,
);

test('openssl and jq agree that the signatures of a root hold', () => {
  expect(recipeAccepts(ROOT)).toBe(true);
});

test.each<[string, RootDocument]>([
  ['a threshold', { ...ROOT, signed: { ...ROOT.signed, root: { ...ROOT.signed.root, threshold: 1 } } }],
  [
    'a signature',
    { ...ROOT, signatures: [...ROOT.signatures].map(each => ({ ...each, sig: ROOT.signatures[0]!.sig })) },
  ],
  ['everything', { ...ROOT, signatures: [] }],
])('and that they do not when %s was changed', (_, root) => {
  expect(recipeAccepts(root)).toBe(false);
});
