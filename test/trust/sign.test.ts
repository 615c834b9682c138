import { appendFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { hashFile } from '../../src/capsule/hash-file.ts';
import { inputHash } from '../../src/capsule/tree.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import { signCapsule } from '../../src/trust/sign.ts';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { MANIFEST, makeCapsule, newKey, portsIn, trusting } from './capsules.ts';

function statementOf(folder: string) {
  const { payload } = JSON.parse(readFileSync(path.join(folder, 'receipt.stunir.json'), 'utf8'));
  return JSON.parse(Buffer.from(payload, 'base64').toString());
}

async function refusal(folder: string, options = {}) {
  const before = hashOf(folder);
  try {
    await signCapsule(folder, 'counter', newKey(), portsIn(folder), options);
  } catch (error) {
    expect(hashOf(folder)).toBe(before);
    if (error instanceof Failure) return error.diagnostics[0].code;
    throw error;
  }
  return undefined;
}

function hashOf(folder: string) {
  const file = path.join(folder, 'receipt.stunir.json');
  return existsSync(file) ? hashFile(file).sha256 : undefined;
}

/** A capsule with the notes of a build of its present inputs. */
function builtCapsule(): string {
  const folder = makeCapsule();
  const input_hash = inputHash(walkCapsule(folder, { shownAs: 'counter' }).files);
  const step = { step: 'compile', tool: 'asc', input_hash, output_hash: input_hash };
  const notes = {
    input_hash,
    toolchain: [{ tool: 'asc', version: '1.0.0' }],
    transformations: [step],
    reproducible: true,
  };
  writeFileSync(path.join(folder, 'impl/build.json'), JSON.stringify(notes));
  return folder;
}

describe('signCapsule', () => {
  test('states what the capsule is, what it was built by, and when', async () => {
    const folder = builtCapsule();
    const ports = portsIn(folder, { SOURCE_DATE_EPOCH: '1700000000' });
    const { tree } = await signCapsule(folder, 'counter', newKey(), ports);
    const { files } = walkCapsule(folder, { shownAs: 'counter' });
    expect(statementOf(folder)).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'user.ada.counter@1.2.3', digest: { sha256: tree.slice(7) } }],
      predicateType: 'https://stunir.io/predicate/capsule/v1',
      predicate: {
        capsule: { id: 'user.ada.counter', version: '1.2.3' },
        files,
        determinism_tier: 'D0_bit_exact',
        toolchain: [{ tool: 'asc', version: '1.0.0' }],
        transformations: [{ step: 'compile' }],
        timestamp: '2023-11-14T22:13:20.000Z',
      },
    });
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([]);
  });

  test('gives the same bytes for the same capsule, key and time', async () => {
    const [folder, key] = [makeCapsule(), newKey()];
    const ports = portsIn(folder, { SOURCE_DATE_EPOCH: '0' });
    await signCapsule(folder, 'counter', key, ports);
    const first = hashOf(folder);
    await signCapsule(folder, 'counter', key, ports);
    expect(hashOf(folder)).toBe(first);
  });

  test('adds the signature of a second key, and replaces an older one of the same key', async () => {
    const [folder, first, second] = [makeCapsule(), newKey(), newKey()];
    const ports = portsIn(folder);
    await signCapsule(folder, 'counter', first, ports);
    expect((await signCapsule(folder, 'counter', second, ports, { add: true })).signatures).toBe(2);
    expect((await signCapsule(folder, 'counter', second, ports, { add: true })).signatures).toBe(2);
    expect(verifyCapsule(folder, 'counter', trusting(['user.*'], first, second)).verdict.signers).toEqual([
      'key0',
      'key1',
    ]);
  });

  test('writes no signature that does not hold under the key that is said to have made it', async () => {
    const [folder, shown, kept] = [makeCapsule(), newKey(), newKey()];
    const lies = [
      (message: Uint8Array) => kept.sign(message),
      () => shown.sign(Buffer.from('other bytes')),
      () => new Uint8Array(64),
      () => new Uint8Array(0),
      async (message: Uint8Array) => Buffer.concat([shown.sign(message), Buffer.of(0)]),
    ];
    for (const sign of lies) {
      const signer = { public: shown.public, name: 'liar', sign };
      await expect(signCapsule(folder, 'counter', signer, portsIn(folder))).rejects.toThrow('VNES2038');
      expect(hashOf(folder)).toBeUndefined();
    }
  });

  test('does not add a signature that would make the receipt unreadable', async () => {
    const folder = makeCapsule();
    const sign = (add: boolean) => signCapsule(folder, 'counter', newKey(), portsIn(folder), { add });
    await sign(false);
    const file = path.join(folder, 'receipt.stunir.json');
    const receipt = JSON.parse(readFileSync(file, 'utf8'));
    const [{ sig }] = receipt.signatures;
    const full = JSON.stringify({ ...receipt, signatures: new Array(64).fill({ sig }) });
    writeFileSync(file, full);
    await expect(sign(true)).rejects.toThrow('VNES2026');
    expect(readFileSync(file, 'utf8')).toBe(full);
  });

  test('does not sign along when the capsule changed, nor without a receipt', async () => {
    const folder = makeCapsule();
    expect(await refusal(folder, { add: true })).toBe('VNES2001');
    await signCapsule(folder, 'counter', newKey(), portsIn(folder));
    appendFileSync(path.join(folder, 'README.md'), 'x');
    expect(await refusal(folder, { add: true })).toBe('VNES2052');
  });

  test('refuses a build that is older than the sources', async () => {
    const folder = builtCapsule();
    appendFileSync(path.join(folder, 'spec/logic.md'), 'more');
    expect(await refusal(folder)).toBe('VNES2050');
  });

  test.each<[string, string, Record<string, string>]>([
    ['a broken manifest', 'VNES1002', { 'manifest.json': '{' }],
    ['a manifest against the schema', 'VNES1011', { 'manifest.json': '{}' }],
    [
      'a component that is missing',
      'VNES2051',
      { 'manifest.json': JSON.stringify({ ...MANIFEST, interfaces: { wasm: 'impl/none.wasm' } }) },
    ],
    ['build notes that are broken', 'VNES1002', { 'impl/build.json': 'x' }],
    ['build notes against the schema', 'VNES1011', { 'impl/build.json': '{}' }],
    ['a name that folds to another', 'VNES2022', { 'readme.md': '' }],
  ])('refuses %s, and writes nothing', async (_, code, files) => {
    expect(await refusal(makeCapsule(files))).toBe(code);
  });

  test('refuses links and a time that is none', async () => {
    const folder = makeCapsule();
    await expect(
      signCapsule(folder, 'counter', newKey(), portsIn(folder, { SOURCE_DATE_EPOCH: 'today' })),
    ).rejects.toThrow('VNES2053');
    symlinkSync('README.md', path.join(folder, 'link'));
    expect(await refusal(folder)).toBe('VNES2020');
  });
});
