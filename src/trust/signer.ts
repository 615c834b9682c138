import { fail } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import type { PublicKey } from './public-key.ts';

/** Whoever signs with one Ed25519 key, wherever the key is kept: in a file, in an agent, in a token. */
export interface Signer {
  readonly public: PublicKey;
  /** What people call the key; a principal may be called so too. */
  readonly name: string;
  /** The signature over `message`: 64 bytes, if whoever keeps the key is honest. {@link signatureBy} finds out. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** How long to wait for those who keep keys, in milliseconds. */
export interface Patience {
  readonly lookupMs: number;
  readonly signingMs: number;
}

export const PATIENCE: Patience = { lookupMs: LIMITS.keyLookupMs, signingMs: LIMITS.signingMs };

/**
 * The signature over `message` (64 bytes), held against the public key before anybody writes it down: what keeps a key may be
 * another program, or a machine that has an error.
 * @throws Failure VNES2038, and what the signer throws.
 */
export async function signatureBy(signer: Signer, message: Uint8Array): Promise<Uint8Array> {
  const signature = await signer.sign(message);
  if (signer.public.verifies(message, signature)) return signature;
  return fail('VNES2038', 'the signature that was made does not hold under the key', {
    expected: `a signature under ${signer.public.base64}`,
    found: `${signature.length} bytes that are none`,
    help: 'nothing was written; see that the agent or token holds the key that it shows',
  });
}
