import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '../base/base64.ts';
import { fail, type Place } from '../base/diagnostic.ts';
import { pointProblem, signatureProblem } from './ed25519.ts';

/** What stands before the 32 raw bytes in the SPKI DER encoding of an Ed25519 key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** An Ed25519 public key that is safe to verify with. */
export class PublicKey {
  /** SPKI DER encoding. */
  readonly der: Buffer;
  private object: KeyObject | undefined;
  private digest: string | undefined;

  private constructor(der: Buffer) {
    this.der = der;
  }

  /** From 32 raw bytes. @throws Failure VNES2033 for a key under which anybody can forge. */
  static fromRaw(raw: Uint8Array, place: Place = {}): PublicKey {
    const problem = pointProblem(raw);
    if (problem) {
      fail('VNES2033', 'the public key is not safe', {
        place,
        expected: 'a canonical Ed25519 key',
        found: problem,
      });
    }
    return new PublicKey(Buffer.concat([SPKI_PREFIX, raw]));
  }

  /** From the base64 of its SPKI DER encoding, as it stands in trust files and PEM. @throws Failure VNES2033 */
  static fromBase64(text: string, place: Place = {}): PublicKey {
    const der = decodeBase64(text);
    if (!der?.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX)) {
      return fail('VNES2033', 'this is no Ed25519 public key', {
        place,
        expected: 'the SPKI encoding of an Ed25519 key in base64 (RFC 8410)',
        found: text.length > 40 ? `${text.slice(0, 37)}...` : text,
      });
    }
    return PublicKey.fromRaw(der.subarray(SPKI_PREFIX.length), place);
  }

  /** The same key, whatever people call it, has the same text. */
  get base64(): string {
    return encodeBase64(this.der);
  }

  /** SHA-256 of the DER encoding in hexadecimal; `openssl pkey -pubin -outform DER | openssl dgst -sha256` gives it too. */
  get id(): string {
    this.digest ??= hash('sha256', this.der, 'hex');
    return this.digest;
  }

  /** The 32 bytes of the point. */
  get raw(): Buffer {
    return this.der.subarray(SPKI_PREFIX.length);
  }

  get pem(): string {
    return `-----BEGIN PUBLIC KEY-----\n${this.base64}\n-----END PUBLIC KEY-----\n`;
  }

  /** Whether the signature (64 bytes) over `message` holds. Unsafe signatures never do. */
  verifies(message: Uint8Array, signature: Uint8Array): boolean {
    if (signatureProblem(signature)) return false;
    try {
      return verify(null, message, this.imported(), signature);
    } catch {
      // The bytes are no point on the curve.
      return false;
    }
  }

  /** As {@link verifies}, on a thread of OpenSSL's while this one goes on. Neither array may change meanwhile. Never rejects. */
  verifiesMeanwhile(message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (signatureProblem(signature)) return Promise.resolve(false);
    return new Promise(resolve => {
      try {
        verify(null, message, this.imported(), signature, (error, holds) => resolve(!error && holds));
      } catch {
        resolve(false);
      }
    });
  }

  private imported(): KeyObject {
    this.object ??= createPublicKey({ key: this.der, format: 'der', type: 'spki' });
    return this.object;
  }
}
