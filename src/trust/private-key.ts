import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  pbkdf2Sync,
  sign,
} from 'node:crypto';
import path from 'node:path';
import { encodeBase64 } from '../base/base64.ts';
import { fail } from '../base/diagnostic.ts';
import type { Entropy } from '../base/ports.ts';
import { integer, NULL, octets, oid, sequence } from './der.ts';
import { PublicKey } from './public-key.ts';
import type { Signer } from './signer.ts';

/** PBKDF2 rounds with HMAC-SHA-256, as OWASP recommends; node itself would write 2,048. */
const ROUNDS = 600_000;

/** What stands before the 32 bytes of seed in the PKCS#8 encoding of an Ed25519 key (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const OIDS = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256cbc: '2.16.840.1.101.3.4.1.42',
} as const;

/** An Ed25519 key in the memory of this process. */
export class SigningKey implements Signer {
  readonly public: PublicKey;
  readonly name: string;
  private readonly object: KeyObject;

  constructor(object: KeyObject, name: string) {
    this.object = object;
    this.name = name;
    const der = createPublicKey(object).export({ format: 'der', type: 'spki' });
    this.public = PublicKey.fromBase64(encodeBase64(der));
  }

  /** The signature over `message`: 64 bytes, the same each time (RFC 8032). */
  sign(message: Uint8Array): Buffer {
    return sign(null, message, this.object);
  }
}

/** A new private key in PKCS#8 PEM, encrypted when there is a passphrase. `openssl pkey` opens both. */
export function createKeyPem(entropy: Entropy, passphrase: string | undefined): string {
  const der = Buffer.concat([PKCS8_PREFIX, entropy.bytes(32)]);
  if (passphrase === undefined) return pem('PRIVATE KEY', der);
  return pem('ENCRYPTED PRIVATE KEY', encrypt(der, passphrase, entropy));
}

/** EncryptedPrivateKeyInfo by PBES2 (RFC 8018, section 6.2) with PBKDF2-HMAC-SHA-256 and AES-256-CBC. */
function encrypt(der: Uint8Array, passphrase: string, entropy: Entropy): Buffer {
  const salt = entropy.bytes(16);
  const iv = entropy.bytes(16);
  const key = pbkdf2Sync(passphrase, salt, ROUNDS, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = Buffer.concat([cipher.update(der), cipher.final()]);
  const derivation = sequence(octets(salt), integer(ROUNDS), sequence(oid(OIDS.hmacSha256), NULL));
  const scheme = sequence(sequence(oid(OIDS.pbkdf2), derivation), sequence(oid(OIDS.aes256cbc), octets(iv)));
  return sequence(sequence(oid(OIDS.pbes2), scheme), octets(encrypted));
}

function pem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der)
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** Whether a PEM text needs a passphrase to be opened. */
export function isEncrypted(text: string): boolean {
  return text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----');
}

/** Opens a private key in PKCS#8 PEM. `file` names it in diagnostics. @throws Failure VNES2032 */
export function openKeyPem(text: string, passphrase: string | undefined, file: string): SigningKey {
  const object = openObject(text, passphrase, file);
  if (object.asymmetricKeyType !== 'ed25519') {
    fail('VNES2032', 'the key is of another kind', {
      place: { file },
      expected: 'an Ed25519 private key',
      found: `a key of type ${object.asymmetricKeyType}`,
      help: 'vnes keys create --name NAME',
    });
  }
  return new SigningKey(object, path.basename(file).replace(/(\.key)?\.pem$/, ''));
}

function openObject(text: string, passphrase: string | undefined, file: string): KeyObject {
  try {
    return createPrivateKey({
      key: text,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch {
    if (text.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) refuseOpenSsh(file);
    return fail(
      'VNES2032',
      isEncrypted(text) ? 'the passphrase does not open the key' : 'this is no private key',
      {
        place: { file },
        expected: isEncrypted(text)
          ? 'the passphrase that the key was made with'
          : 'a private key in PKCS#8 PEM',
        help: 'give the passphrase with --passphrase-file FILE, or another key with --key',
      },
    );
  }
}

/** vnes opens no second form of private keys: an agent does, and then need not give the key away. */
function refuseOpenSsh(file: string): never {
  fail('VNES2032', "this is a private key of OpenSSH's own form", {
    place: { file },
    expected: 'a private key in PKCS#8 PEM, or one in an ssh-agent',
    found: 'BEGIN OPENSSH PRIVATE KEY',
    help: `give it to your agent: ssh-add ${file}; then --key ssh-agent:SHA256:... with its fingerprint, which ssh-add -l shows`,
  });
}
