import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeBase64 } from '../../src/base/base64.ts';
import { type Diagnostic, Failure } from '../../src/base/diagnostic.ts';
import { CHECKS } from '../../src/trust/checks.ts';
import { preAuthEncoding } from '../../src/trust/dsse.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { diagnosticsOf } from '../../src/trust/verdict.ts';
import { examineMeanwhile, verifyCapsule } from '../../src/trust/verify.ts';
import { MANIFEST, makeCapsule, newKey, portsIn, trusting } from './capsules.ts';
import { signNow } from './sign-now.ts';

const TYPE = 'application/vnd.in-toto+json';

function signedCapsule(key: SigningKey, files: Readonly<Record<string, string>> = {}): string {
  const folder = makeCapsule(files);
  signNow(folder, 'counter', key, portsIn(folder));
  return folder;
}

function receiptOf(folder: string) {
  const file = path.join(folder, 'receipt.stunir.json');
  return { file, envelope: JSON.parse(readFileSync(file, 'utf8')) };
}

interface Envelope {
  readonly payload: string;
  readonly signatures: readonly { readonly keyid?: string; readonly sig: string }[];
}

/** Base64 of the same bytes but for one bit. */
function changed(base64: string, byte: number): string {
  return encodeBase64(Buffer.from(base64, 'base64').map((value, at) => (at === byte ? value ^ 1 : value)));
}

/** Replaces the statement's text and signs the result properly: what a dishonest or broken signer could write. */
function restate(folder: string, key: SigningKey, change: (statement: string) => string): void {
  const { file, envelope } = receiptOf(folder);
  const payload = Buffer.from(change(Buffer.from(envelope.payload, 'base64').toString()));
  const sig = encodeBase64(key.sign(preAuthEncoding(TYPE, payload)));
  writeFileSync(
    file,
    JSON.stringify({
      payload: encodeBase64(payload),
      payloadType: TYPE,
      signatures: [{ keyid: key.public.id, sig }],
    }),
  );
}

/** Failed checks and the codes of their diagnostics. */
function failures(folder: string, trust = trusting(['user.*'])) {
  const { verdict, capsule } = verifyCapsule(folder, 'counter', trust);
  expect(verdict.admitted).toBe(capsule !== undefined);
  expect(verdict.admitted).toBe(verdict.checks.every(check => check.result === 'pass'));
  const failed = verdict.checks.filter(check => check.result === 'fail');
  return failed.map(check => [check.id, ...new Set(check.diagnostics!.map(({ code }) => code))].join(' '));
}

describe('verifyCapsule', () => {
  test('admits a capsule that a trusted key signed', () => {
    const key = newKey();
    const folder = signedCapsule(key);
    const { verdict, capsule } = verifyCapsule(folder, 'counter', trusting(['user.ada.*'], key));
    expect(verdict).toMatchObject({
      admitted: true,
      id: 'user.ada.counter',
      version: '1.2.3',
      signers: ['key0'],
    });
    expect(verdict.checks.map(({ result }) => result)).toEqual(CHECKS.map(() => 'pass'));
    expect(Buffer.from(capsule!.read('spec/logic.md')).toString()).toBe('# Counter\n');
  });

  test.each<[string, string[], (at: (name: string) => string) => void]>([
    ['a changed byte', ['receipt.files VNES2004'], at => appendFileSync(at('impl/capsule.bin'), 'x')],
    ['a changed manifest', ['receipt.files VNES2004'], at => appendFileSync(at('manifest.json'), ' ')],
    ['a changed mode', ['receipt.files VNES2004'], at => chmodSync(at('README.md'), 0o755)],
    ['an added file', ['receipt.files VNES2005'], at => writeFileSync(at('impl/extra.js'), '')],
    ['a removed file', ['receipt.files VNES2006'], at => rmSync(at('README.md'))],
    ['a symbolic link', ['layout VNES2020'], at => symlinkSync('README.md', at('link'))],
    ['no receipt', ['receipt.present VNES2001'], at => rmSync(at('receipt.stunir.json'))],
    ['an empty receipt', ['receipt.format VNES1002'], at => writeFileSync(at('receipt.stunir.json'), '')],
    [
      'a receipt of another schema',
      ['receipt.format VNES2002'],
      at => writeFileSync(at('receipt.stunir.json'), '{"version":1}'),
    ],
    [
      'no manifest',
      ['manifest.schema VNES1020', 'receipt.files VNES2006'],
      at => rmSync(at('manifest.json')),
    ],
    [
      'a receipt with a key twice',
      ['receipt.format VNES1003'],
      at =>
        writeFileSync(
          at('receipt.stunir.json'),
          readFileSync(at('receipt.stunir.json'), 'utf8').replace('{', '{"payload":"",'),
        ),
    ],
  ])('refuses %s, and says which file or check', (_, expected, tamper) => {
    const key = newKey();
    const folder = signedCapsule(key);
    tamper(name => path.join(folder, name));
    expect(failures(folder, trusting(['user.*'], key))).toEqual(expected);
  });

  test('every failure says what was expected or found, where, and what to do', () => {
    const key = newKey();
    const folder = signedCapsule(key);
    appendFileSync(path.join(folder, 'impl/capsule.bin'), 'x');
    writeFileSync(path.join(folder, 'new'), '');
    rmSync(path.join(folder, 'README.md'));
    const { checks } = verifyCapsule(folder, 'counter', trusting(['user.*'])).verdict;
    const diagnostics: Diagnostic[] = diagnosticsOf(checks);
    expect(diagnostics.map(({ code, place }) => [code, place?.file])).toEqual([
      ['VNES2004', 'counter/impl/capsule.bin'],
      ['VNES2005', 'counter/new'],
      ['VNES2006', 'counter/README.md'],
      ['VNES2011', 'counter/receipt.stunir.json'],
    ]);
    for (const { expected, found, help } of diagnostics)
      expect([expected, found, help]).not.toContain(undefined);
    expect(checks.find(({ id }) => id === 'authority')?.result).toBe('blocked');
  });

  test('refuses the receipt of another capsule or version', () => {
    const key = newKey();
    const folder = signedCapsule(key);
    const other = makeCapsule({ 'manifest.json': JSON.stringify({ ...MANIFEST, version: '9.0.0' }) });
    copyFileSync(path.join(folder, 'receipt.stunir.json'), path.join(other, 'receipt.stunir.json'));
    expect(failures(other, trusting(['user.*'], key))).toEqual([
      'receipt.subject VNES2003',
      'receipt.files VNES2004',
    ]);
  });

  test.each<[string, string, (statement: string) => string]>([
    [
      'another tree digest',
      'receipt.tree VNES2007',
      text => text.replace(/"digest":\{"sha256":"[0-9a-f]{4}/, '"digest":{"sha256":"0000'),
    ],
    [
      'another input_hash',
      'receipt.hashes VNES2008',
      text => text.replace(/"input_hash":"sha256:[0-9a-f]{4}/, '"input_hash":"sha256:0000'),
    ],
    [
      'another output_hash',
      'receipt.hashes VNES2008',
      text => text.replace(/"output_hash":"sha256:[0-9a-f]{4}/, '"output_hash":"sha256:0000'),
    ],
    ['another tier', 'receipt.hashes VNES2008', text => text.replace('D0_bit_exact', 'NX_experimental')],
    [
      'another subject',
      'receipt.subject VNES2003',
      text => text.replace('"name":"user.ada.counter@1.2.3"', '"name":"user.ada.counter@1.2.4"'),
    ],
    [
      'another capsule in the predicate',
      'receipt.subject VNES2003',
      text => text.replace('"version":"1.2.3"}', '"version":"1.2.4"}'),
    ],
    [
      'another predicate type',
      'receipt.format VNES2002',
      text => text.replace('/predicate/capsule/v1', '/predicate/other/v1'),
    ],
    [
      'another statement type',
      'receipt.format VNES2002',
      text => text.replace('/Statement/v1', '/Statement/v0.1'),
    ],
    ['no subject', 'receipt.format VNES2002', text => text.replace(/"subject":\[.*?\]/, '"subject":[]')],
    [
      'two subjects',
      'receipt.format VNES2002',
      text => text.replace(/"subject":\[(.*?)\]/, '"subject":[$1,$1]'),
    ],
    [
      'a file listed twice',
      'receipt.files VNES2002',
      text => text.replace(/"files":\[(\{.*?\})/, '"files":[$1,$1'),
    ],
    ['a key twice', 'receipt.format VNES1003', text => text.replace('{', '{"_type":"x",')],
    ['an unknown key', 'receipt.format VNES2002', text => text.replace('{', '{"extra":1,')],
  ])('refuses a well-signed statement with %s', (_, expected, change) => {
    const key = newKey();
    const folder = signedCapsule(key);
    restate(folder, key, text => {
      expect(change(text)).not.toBe(text);
      return change(text);
    });
    expect(failures(folder, trusting(['user.*'], key))).toContain(expected);
  });
});

describe('many capsules at a time', () => {
  test.each<[string, readonly string[], (receipt: Envelope, other: SigningKey) => object]>([
    ['hold', [], receipt => receipt],
    [
      'hold under another key than they name',
      [],
      ({ signatures: [one] }, other) => ({
        signatures: [{ ...one, keyid: other.public.id }],
      }),
    ],
    ['name no key', [], ({ signatures: [one] }) => ({ signatures: [{ sig: one!.sig }] })],
    [
      'are some that hold and some that do not',
      ['VNES2012'],
      ({ signatures: [one] }) => ({
        signatures: [one, { ...one, sig: changed(one!.sig, 40) }],
      }),
    ],
    [
      'are not safe',
      ['VNES2010'],
      ({ signatures: [one] }) => ({
        signatures: [{ ...one, sig: encodeBase64(Buffer.alloc(64, 0xff)) }],
      }),
    ],
    [
      'are over other bytes',
      ['VNES2012'],
      ({ payload }) => ({
        payload: encodeBase64(
          Buffer.from(Buffer.from(payload, 'base64').toString().replace('1.2.3', '1.2.4')),
        ),
      }),
    ],
    [
      'are by nobody who is trusted',
      ['VNES2011'],
      ({ signatures: [one] }) => ({
        signatures: [{ keyid: 'nobody', sig: changed(one!.sig, 40) }],
      }),
    ],
  ])('get the verdict that each gets alone, where signatures %s', async (_, codes, change) => {
    const [key, other] = [newKey(), newKey()];
    const trust = trusting(['user.*'], key, other);
    const folder = signedCapsule(key);
    const { file, envelope } = receiptOf(folder);
    writeFileSync(file, JSON.stringify({ ...envelope, ...change(envelope, other) }));
    const alone = verifyCapsule(folder, 'counter', trust);
    expect(diagnosticsOf(alone.verdict.checks).map(({ code }) => code)).toEqual(
      expect.arrayContaining([...codes]),
    );
    expect(alone.verdict.admitted).toBe(codes.length === 0);
    const others = await Promise.all([1, 2, 3].map(() => examineMeanwhile(alone.walk, 'counter', trust)));
    for (const verdict of others) expect(verdict).toEqual(alone.verdict);
  });
});

describe('signatures', () => {
  test('count by public key, once, whatever the key id says', () => {
    const key = newKey();
    const folder = signedCapsule(key);
    const { file, envelope } = receiptOf(folder);
    const [one] = envelope.signatures;
    const signatures = [one, one, { sig: one.sig }, { ...one, keyid: 'nobody' }];
    writeFileSync(file, JSON.stringify({ ...envelope, signatures }));
    const { verdict } = verifyCapsule(folder, 'counter', trusting(['user.*'], key));
    expect([verdict.admitted, verdict.signers]).toEqual([true, ['key0']]);
  });

  test('count for the key under which they hold, though the key id names another that is trusted', () => {
    const [signer, named] = [newKey(), newKey()];
    const folder = signedCapsule(signer);
    const { file, envelope } = receiptOf(folder);
    const signatures = [{ ...envelope.signatures[0], keyid: named.public.id }];
    writeFileSync(file, JSON.stringify({ ...envelope, signatures }));
    const { verdict } = verifyCapsule(folder, 'counter', trusting(['user.*'], named, signer));
    expect([verdict.admitted, verdict.signers]).toEqual([true, ['key1']]);
    expect(failures(folder, trusting(['user.*'], named))).toEqual(['receipt.signatures VNES2012']);
  });

  test('by unknown keys do not count', () => {
    const folder = signedCapsule(newKey());
    expect(failures(folder, trusting(['user.*'], newKey()))).toEqual(['receipt.signatures VNES2011']);
    expect(failures(folder, trusting(['user.*']))).toEqual(['receipt.signatures VNES2011']);
  });

  test('are refused over another payload type, even with the same bytes', () => {
    const key = newKey();
    const folder = signedCapsule(key);
    const { file, envelope } = receiptOf(folder);
    const sig = encodeBase64(
      key.sign(preAuthEncoding('text/plain', Buffer.from(envelope.payload, 'base64'))),
    );
    writeFileSync(file, JSON.stringify({ ...envelope, signatures: [{ keyid: key.public.id, sig }] }));
    expect(failures(folder, trusting(['user.*'], key))).toEqual(['receipt.signatures VNES2012']);
    writeFileSync(file, JSON.stringify({ ...envelope, payloadType: 'text/plain' }));
    expect(failures(folder, trusting(['user.*'], key))).toEqual(['receipt.format VNES2002']);
  });

  test.each<[string, string, (sig: string) => string]>([
    ['of the wrong length', 'receipt.signatures VNES2010', () => encodeBase64(Buffer.alloc(63, 1))],
    ['of zeros', 'receipt.signatures VNES2010', () => encodeBase64(Buffer.alloc(64))],
    ['with one bit changed', 'receipt.signatures VNES2012', sig => changed(sig, 40)],
    ['in base64 with a line feed', 'receipt.format VNES2002', sig => `${sig}\n`],
    ['in base64 without padding', 'receipt.format VNES2002', sig => sig.replace(/=+$/, '')],
    [
      'in base64 with stray bits',
      'receipt.format VNES2002',
      sig => sig.replace(/(.)==$/, (_, last) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==`),
    ],
  ])('%s are refused', (_, expected, change) => {
    const key = newKey();
    const folder = signedCapsule(key);
    const { file, envelope } = receiptOf(folder);
    const signatures = envelope.signatures.map((each: { sig: string }) => ({
      ...each,
      sig: change(each.sig),
    }));
    writeFileSync(file, JSON.stringify({ ...envelope, signatures }));
    expect(failures(folder, trusting(['user.*'], key))).toEqual([expected]);
  });

  test.each<[string, (payload: string) => string]>([
    ['with a line feed', payload => `${payload}\n`],
    ['with a space inside', payload => `${payload.slice(0, 4)} ${payload.slice(4)}`],
    ['in the alphabet for URLs', payload => payload.replace(/^..../, '-_-_')],
    ['that is cut by a character', payload => payload.slice(0, -1)],
  ])('are not looked at over a payload in base64 %s', (_, change) => {
    const key = newKey();
    const folder = signedCapsule(key);
    const { file, envelope } = receiptOf(folder);
    writeFileSync(file, JSON.stringify({ ...envelope, payload: change(envelope.payload) }));
    expect(failures(folder, trusting(['user.*'], key))).toEqual(['receipt.format VNES2002']);
  });

  test.each(['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])(
    'are judged the same, though the signer says that it is %s',
    time => {
      const [key, other] = [newKey(), newKey()];
      const folder = signedCapsule(key);
      restate(folder, key, text => {
        const changed = text.replace(/"timestamp":"[^"]*"/, `"timestamp":"${time}"`);
        expect(changed).not.toBe(text);
        return changed;
      });
      expect(failures(folder, trusting(['user.*'], key))).toEqual([]);
      expect(failures(folder, trusting(['user.*'], other))).toEqual(['receipt.signatures VNES2011']);
    },
  );

  test.each([0, 65])('%i of them are refused', count => {
    const key = newKey();
    const folder = signedCapsule(key);
    const { file, envelope } = receiptOf(folder);
    writeFileSync(
      file,
      JSON.stringify({ ...envelope, signatures: Array(count).fill(envelope.signatures[0]) }),
    );
    expect(failures(folder, trusting(['user.*'], key))).toEqual(['receipt.format VNES2002']);
  });

  test.each([
    ['user.ada.counter', true],
    ['user.ada.*', true],
    ['user.*', true],
    ['user.ada.counter.*', false],
    ['user.ada', false],
    ['user.ad.*', false],
    ['user.ada.count', false],
    ['hypersync.*', false],
  ])('a key for %s may sign user.ada.counter: %s', (namespace, admitted) => {
    const key = newKey();
    expect(failures(signedCapsule(key), trusting([namespace], key))).toEqual(
      admitted ? [] : ['authority VNES3001'],
    );
  });
});

describe('VerifiedCapsule.read', () => {
  test('gives the verified bytes or refuses', () => {
    const key = newKey();
    const folder = signedCapsule(key);
    const trust = trusting(['user.*'], key);
    const again = verifyCapsule(folder, 'counter', trust).capsule!;
    const kept = verifyCapsule(folder, 'counter', trust, { keepBytes: 1024 }).capsule!;
    writeFileSync(path.join(folder, 'spec/logic.md'), '# Swapped\n');
    expect(Buffer.from(kept.read('spec/logic.md')).toString()).toBe('# Counter\n');
    expect(() => again.read('spec/logic.md')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('VNES2024') }),
    );
    rmSync(path.join(folder, 'spec/logic.md'));
    expect(() => again.read('spec/logic.md')).toThrow(Failure);
    for (const name of ['../outside', 'receipt.stunir.json', 'none']) {
      expect(() => kept.read(name)).toThrow(
        expect.objectContaining({ message: expect.stringContaining('VNES2025') }),
      );
    }
  });
});
