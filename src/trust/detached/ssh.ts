import { hash } from 'node:crypto';
import { type Signer, signatureBy } from '../signer.ts';
import { KIND, publicBlob } from '../ssh/public-key.ts';
import { sshString, uint32 } from '../ssh/strings.ts';

/** Says what OpenSSH's signatures are for; one made for another purpose does not count (ssh-keygen -n). */
export const SSH_NAMESPACE = 'vnes-receipt';

const MAGIC = Buffer.from('SSHSIG');
const HASH = 'sha512';
const LINE = 70;

/** The signature of `message` as `ssh-keygen -Y verify` takes it (OpenSSH, PROTOCOL.sshsig, version 1). */
export async function sshSignature(signer: Signer, message: Uint8Array): Promise<string> {
  const digest = hash(HASH, message, 'buffer');
  const signed = Buffer.concat([MAGIC, ...[SSH_NAMESPACE, '', HASH, digest].map(sshString)]);
  const signature = Buffer.concat([sshString(KIND), sshString(await signatureBy(signer, signed))]);
  const fields = [publicBlob(signer.public), SSH_NAMESPACE, '', HASH, signature].map(sshString);
  const text = Buffer.concat([MAGIC, uint32(1), ...fields]).toString('base64');
  const lines = text.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}
