import { hash } from 'node:crypto';
import type { PublicKey } from '../public-key.ts';
import { type Signer, signatureBy } from '../signer.ts';

/** Says what OpenSSH's signatures are for; one made for another purpose does not count (ssh-keygen -n). */
export const SSH_NAMESPACE = 'vnes-receipt';

const KIND = 'ssh-ed25519';
const MAGIC = Buffer.from('SSHSIG');
const HASH = 'sha512';
const LINE = 70;

/** The signature of `message` as `ssh-keygen -Y verify` takes it (OpenSSH, PROTOCOL.sshsig, version 1). */
export async function sshSignature(signer: Signer, message: Uint8Array): Promise<string> {
  const digest = hash(HASH, message, 'buffer');
  const signed = Buffer.concat([MAGIC, ...[SSH_NAMESPACE, '', HASH, digest].map(string)]);
  const signature = Buffer.concat([string(KIND), string(await signatureBy(signer, signed))]);
  const fields = [publicBlob(signer.public), SSH_NAMESPACE, '', HASH, signature].map(string);
  const text = Buffer.concat([MAGIC, uint32(1), ...fields]).toString('base64');
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

/** The key as a line of `allowed_signers` has it, and a `.pub` file without its comment (RFC 8709, section 4). */
export function sshPublicKey(key: PublicKey): string {
  return `${KIND} ${publicBlob(key).toString('base64')}`;
}

function publicBlob(key: PublicKey): Buffer {
  return Buffer.concat([string(KIND), string(key.raw)]);
}

/** The string of SSH's binary format: its length and its bytes (RFC 4251, section 5). */
function string(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
