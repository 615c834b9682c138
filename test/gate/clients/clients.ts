import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import type { PublicKey } from '../../../src/trust/public-key.ts';

/** A receipt, and the key whose signature has to be on it. */
export interface Case {
  readonly receipt: string;
  readonly key: PublicKey;
}

/** A verifier that shares no code with vnes. Says of each case whether the signature holds. */
export interface Client {
  readonly name: string;
  /** Why it cannot be asked on this machine. */
  readonly missing?: string;
  readonly accepts: (cases: readonly Case[]) => readonly boolean[];
}

interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string }[];
}

/** The OpenSSL command, over the bytes of the pre-authentication encoding as docs/receipts.md makes them. */
const openssl: Client = {
  name: 'openssl',
  accepts: cases =>
    inScratch(folder => {
      const [data, signature, key] = ['data', 'signature', 'key.pem'].map(name => path.join(folder, name));
      return cases.map(({ receipt, key: { pem } }) => {
        const { payload, payloadType, signatures } = JSON.parse(receipt) as Envelope;
        const body = Buffer.from(payload, 'base64');
        const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `;
        writeFileSync(data!, Buffer.concat([Buffer.from(head), body]));
        writeFileSync(key!, pem);
        return signatures.some(({ sig }) => {
          writeFileSync(signature!, Buffer.from(sig, 'base64'));
          const words = ['-verify', '-pubin', '-inkey', key!, '-rawin', '-in', data!, '-sigfile', signature!];
          return spawnSync('openssl', ['pkeyutl', ...words]).status === 0;
        });
      });
    }),
};

/** Sigstore's verifier, which takes the envelope as part of a bundle of version 0.3 that names the key by a hint. */
const sigstore: Client = {
  name: '@sigstore/verify',
  accepts: cases =>
    cases.map(({ receipt, key }) => {
      try {
        const bundle = bundleFromJSON({
          mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
          verificationMaterial: { publicKey: { hint: key.id }, tlogEntries: [] },
          dsseEnvelope: JSON.parse(receipt),
        });
        const nothing = {
          mediaType: '',
          certificateAuthorities: [],
          timestampAuthorities: [],
          tlogs: [],
          ctlogs: [],
        };
        const keys = { [key.id]: { rawBytes: key.der, keyDetails: 0 } };
        const verifier = new Verifier(toTrustMaterial(nothing, keys), {
          ctlogThreshold: 0,
          tlogThreshold: 0,
          timestampThreshold: 0,
        });
        verifier.verify(toSignedEntity(bundle));
        return true;
      } catch (error) {
        if (
          ['VerificationError', 'ValidationError'].includes(
            error instanceof Error ? error.constructor.name : '',
          )
        )
          return false;
        throw error;
      }
    }),
};

/** The reader of bundles that comes with the verifier. */
const { bundleFromJSON } = createRequire(import.meta.resolve('@sigstore/verify'))('@sigstore/bundle') as {
  bundleFromJSON(value: unknown): Parameters<typeof toSignedEntity>[0];
};

const PYTHON = ['/usr/bin/python3', 'python3'].find(
  program => spawnSync(program, ['-c', 'import securesystemslib.signer, nacl']).status === 0,
);

/**
 * The library under in-toto and TUF, as Debian packs it. With PyNaCl: what it does without accepts signatures whose S is not below
 * the order, so everybody can make a second valid one of the first.
 */
const securesystemslib: Client = {
  name: 'securesystemslib',
  ...(PYTHON === undefined ? { missing: 'python3-securesystemslib and python3-nacl are not installed' } : {}),
  accepts: cases => {
    const asked = cases.map(({ receipt, key }) => ({
      envelope: receipt,
      key: key.der.subarray(-32).toString('hex'),
    }));
    const script = path.join(import.meta.dirname, 'securesystemslib_client.py');
    const answer = execFileSync(PYTHON!, [script], { input: JSON.stringify(asked), encoding: 'utf8' });
    return JSON.parse(answer) as boolean[];
  },
};

export const CLIENTS: readonly Client[] = [openssl, sigstore, securesystemslib];

function inScratch<Result>(run: (folder: string) => Result): Result {
  const folder = mkdtempSync(path.join(tmpdir(), 'vnes-client-'));
  try {
    return run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
