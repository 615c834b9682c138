import { hash } from 'node:crypto';
import type { PublicKey } from '../public-key.ts';
import { type Signer, signatureBy } from '../signer.ts';

/** Signatures over the message's BLAKE2b-512, and public keys. */
const PREHASHED = Buffer.from('ED');
const ED25519 = Buffer.from('Ed');
const KEY_ID_BYTES = 8;

/**
 * The signature of `message` as `minisign -V` takes it (minisign, "Signature format"). `comment` is signed too and printed by
 * minisign; one line.
 */
export async function minisignSignature(
  signer: Signer,
  message: Uint8Array,
  comment: string,
): Promise<string> {
  const signature = await signatureBy(signer, hash('blake2b512', message, 'buffer'));
  const whole = await signatureBy(signer, Buffer.concat([signature, Buffer.from(comment, 'utf8')]));
  const encoded = Buffer.concat([PREHASHED, keyId(signer.public), signature]).toString('base64');
  return [
    'untrusted comment: signature by vnes',
    encoded,
    `trusted comment: ${comment}`,
    Buffer.from(whole).toString('base64'),
    '',
  ].join('\n');
}

/** The key as `minisign -P` takes it. */
export function minisignPublicKey(key: PublicKey): string {
  return Buffer.concat([ED25519, keyId(key), key.raw]).toString('base64');
}

/** Minisign picks them at random; any eight bytes will do. */
function keyId(key: PublicKey): Buffer {
  return Buffer.from(key.id, 'hex').subarray(0, KEY_ID_BYTES);
}
