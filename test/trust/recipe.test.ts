import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeCapsule, newKey, portsIn, temporaryFolder } from './capsules.ts';
import { signNow } from './sign-now.ts';

const DOCUMENT = readFileSync(path.resolve(import.meta.dirname, '../../docs/receipts.md'), 'utf8');
const RECIPE = /```sh\n(.*?)```/s.exec(DOCUMENT)![1]!;

/** Whether the recipe of the document, run by a plain shell, finds the capsule to be what the key signed. */
function recipeAccepts(capsule: string, pem: string): boolean {
  const scratch = temporaryFolder();
  const key = path.join(scratch, 'key.pem');
  writeFileSync(key, pem);
  const env = { PATH: process.env.PATH, CAPSULE: capsule, PUBLIC_KEY: key, TMPDIR: scratch };
  try {
    execFileSync('sh', ['-c', RECIPE], { env, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

function signed() {
  const capsule = makeCapsule({ 'impl/größe 1.txt': 'not ASCII\n', '-odd': '' });
  chmodSync(path.join(capsule, 'impl/capsule.bin'), 0o755);
  const key = newKey();
  signNow(capsule, capsule, newKey(), portsIn(capsule));
  signNow(capsule, capsule, key, portsIn(capsule), { add: true });
  return { capsule, pem: key.public.pem, at: (name: string) => path.join(capsule, name) };
}

describe('the recipe in docs/receipts.md', () => {
  test('accepts a signed capsule', () => {
    const { capsule, pem } = signed();
    expect(recipeAccepts(capsule, pem)).toBe(true);
  });

  test('refuses the key of somebody else', () => {
    expect(recipeAccepts(signed().capsule, newKey().public.pem)).toBe(false);
  });

  test.each<[string, (at: (name: string) => string) => void]>([
    ['a changed file', at => appendFileSync(at('impl/capsule.bin'), 'x')],
    ['an added file', at => writeFileSync(at('impl/extra'), '')],
    ['a removed file', at => rmSync(at('README.md'))],
    ['a renamed file', at => renameSync(at('README.md'), at('READYOU.md'))],
    ['a changed mode', at => chmodSync(at('README.md'), 0o755)],
    ['a symbolic link', at => symlinkSync('README.md', at('link'))],
    [
      'a changed receipt',
      at => {
        const receipt = JSON.parse(readFileSync(at('receipt.stunir.json'), 'utf8'));
        const payload = Buffer.from(receipt.payload, 'base64')
          .toString()
          .replace('"D0_bit_exact"', '"D1_numerically_stable"');
        writeFileSync(
          at('receipt.stunir.json'),
          JSON.stringify({ ...receipt, payload: Buffer.from(payload).toString('base64') }),
        );
      },
    ],
  ])('refuses %s', (_, tamper) => {
    const { capsule, pem, at } = signed();
    tamper(at);
    expect(recipeAccepts(capsule, pem)).toBe(false);
  });
});
