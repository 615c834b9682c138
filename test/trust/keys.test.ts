import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { integer, octets, oid } from '../../src/trust/der.ts';
import { createKey, findKey, listKeys, openPrivateKey, readPrivateKey } from '../../src/trust/key-folder.ts';
import { loadTrust } from '../../src/trust/store.ts';
import { portsIn, temporaryFolder } from './capsules.ts';

function code(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0].code;
    throw error;
  }
  return undefined;
}

const NOBODY = 65_534;

/** Runs with the rights of a user who may read little; `folder` becomes that user's own. */
function asNobody<Result>(folder: string, run: () => Result): Result {
  execFileSync('chown', ['-R', String(NOBODY), folder]);
  process.seteuid!(NOBODY);
  try {
    return run();
  } finally {
    process.seteuid!(0);
  }
}

describe('createKey', () => {
  test('writes a key pair that is closed to others, and trusts it for user.* and local.* alone', async () => {
    const ports = portsIn(temporaryFolder());
    const key = createKey('ada', undefined, ports);
    expect(statSync(key.privateFile).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(key.privateFile)).mode & 0o777).toBe(0o700);
    expect(readFileSync(key.publicFile, 'utf8')).toBe(key.public.pem);
    expect((await loadTrust({ capsules: [] }, ports)).keys).toMatchObject([
      { name: 'ada', namespaces: ['user.*', 'local.*'] },
    ]);
    createKey('bob', undefined, ports);
    expect((await loadTrust({ capsules: [] }, ports)).keys.map(({ name }) => name)).toEqual(['ada', 'bob']);
    expect(listKeys(ports).map(({ name }) => name)).toEqual(['ada', 'bob']);
    expect(findKey('ada', ports).public.id).toBe(key.public.id);
  });

  test('openssl opens both halves, encrypted or not, and finds the same key', () => {
    const ports = portsIn(temporaryFolder());
    for (const [name, secret] of [
      ['plain', undefined],
      ['sealed', 'correct horse, naïve'],
    ] as const) {
      const key = createKey(name, secret, ports);
      const pass = secret === undefined ? [] : ['-passin', `pass:${secret}`];
      const derived = execFileSync('openssl', ['pkey', '-in', key.privateFile, ...pass, '-pubout'], {
        encoding: 'utf8',
      });
      expect(derived).toBe(readFileSync(key.publicFile, 'utf8'));
    }
  });

  test('encrypts by PBES2 with 600,000 rounds of PBKDF2-HMAC-SHA-256 and AES-256-CBC', () => {
    const key = createKey('sealed', 'secret', portsIn(temporaryFolder()));
    const structure = execFileSync('openssl', ['asn1parse', '-in', key.privateFile], { encoding: 'utf8' });
    for (const part of [
      'PBES2',
      'PBKDF2',
      'hmacWithSHA256',
      'aes-256-cbc',
      `:0${(600_000).toString(16).toUpperCase()}`,
    ]) {
      expect(structure).toContain(part);
    }
  });

  test.each(['', '..', 'a/b', 'A', '-a', 'a'.repeat(65), 'ä'])('refuses the name %j', name => {
    expect(code(() => createKey(name, undefined, portsIn(temporaryFolder())))).toBe('VNES2035');
  });

  test('never overwrites: a private half, a public half or a trusted name is enough', () => {
    const ports = portsIn(temporaryFolder());
    const { privateFile, publicFile } = createKey('ada', undefined, ports);
    const before = readFileSync(privateFile, 'utf8');
    expect(code(() => createKey('ada', undefined, ports))).toBe('VNES2030');
    rmSync(publicFile);
    expect(code(() => createKey('ada', undefined, ports))).toBe('VNES2030');
    expect(readFileSync(privateFile, 'utf8')).toBe(before);
    rmSync(privateFile);
    expect(code(() => createKey('ada', undefined, ports))).toBe('VNES2030');
  });
});

describe('readPrivateKey', () => {
  test('chooses by name, by file, the one named default, or the only one; and never guesses', () => {
    const folder = temporaryFolder();
    const ports = portsIn(folder);
    expect(code(() => readPrivateKey(undefined, ports))).toBe('VNES2031');
    const ada = createKey('ada', undefined, ports);
    expect(readPrivateKey(undefined, ports).file).toBe(ada.privateFile);
    const bob = createKey('bob', undefined, ports);
    expect(code(() => readPrivateKey(undefined, ports))).toBe('VNES2031');
    expect(readPrivateKey('bob', ports).file).toBe(bob.privateFile);
    expect(code(() => readPrivateKey('eve', ports))).toBe('VNES2031');
    const usual = createKey('default', undefined, ports);
    expect(readPrivateKey(undefined, ports).file).toBe(usual.privateFile);
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', path.join(folder, 'own.pem')]);
    expect(openPrivateKey(readPrivateKey('own.pem', ports), undefined).sign(Buffer.from('x'))).toHaveLength(
      64,
    );
  });

  test('refuses a wrong passphrase, a key of another kind and what is no key', () => {
    const folder = temporaryFolder();
    const ports = portsIn(folder);
    createKey('ada', 'secret', ports);
    const sealed = readPrivateKey('ada', ports);
    expect(sealed.encrypted).toBe(true);
    expect(code(() => openPrivateKey(sealed, 'guess'))).toBe('VNES2032');
    expect(code(() => openPrivateKey(sealed, undefined))).toBe('VNES2032');
    expect(openPrivateKey(sealed, 'secret').public.id).toBe(findKey('ada', ports).public.id);
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed448', '-out', path.join(folder, 'other.pem')]);
    expect(code(() => openPrivateKey(readPrivateKey('other.pem', ports), undefined))).toBe('VNES2032');
    writeFileSync(path.join(folder, 'text.pem'), 'no key');
    expect(code(() => openPrivateKey(readPrivateKey('text.pem', ports), undefined))).toBe('VNES2032');
  });

  test('says when a key file cannot be read', () => {
    const folder = temporaryFolder();
    const ports = portsIn(folder);
    const { privateFile } = createKey('ada', undefined, ports);
    chmodSync(privateFile, 0);
    const read = () => code(() => readPrivateKey('ada', ports));
    expect(process.getuid!() === 0 ? asNobody(folder, read) : read()).toBe('VNES1010');
  });
});

describe('DER', () => {
  test.each([
    [integer(0), '020100'],
    [integer(127), '02017f'],
    [integer(128), '02020080'],
    [integer(600_000), '02030927c0'],
    [oid('1.2.840.113549.1.5.13'), '06092a864886f70d01050d'],
    [octets(Buffer.alloc(200)).subarray(0, 3), '0481c8'],
    [octets(Buffer.alloc(300)).subarray(0, 4), '0482012c'],
  ])('%#', (bytes, hex) => {
    expect(bytes.toString('hex')).toBe(hex);
  });
});
