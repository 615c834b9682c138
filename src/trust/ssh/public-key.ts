import { hash } from 'node:crypto';
import { decodeBase64 } from '../../base/base64.ts';
import { fail, type Place } from '../../base/diagnostic.ts';
import { PublicKey } from '../public-key.ts';
import { readStrings, sshString } from './strings.ts';

/** The one kind of key that can sign receipts (RFC 8709). A key on a FIDO device is of another kind: it signs other bytes. */
export const KIND = 'ssh-ed25519';

/** `KIND BLOB COMMENT`: a `.pub` file, or a line of `ssh-add -L`. No options stand before it, as in `authorized_keys`. */
const LINE = /^([\x21-\x7e]+) ([A-Za-z0-9+/]+={0,2})(?: [^\n\r]*)?$/;

/** The key as OpenSSH encodes it (RFC 8709, section 4). */
export function publicBlob(key: PublicKey): Buffer {
  return Buffer.concat([sshString(KIND), sshString(key.raw)]);
}

/** The key as a line of `allowed_signers` has it, and a `.pub` file without its comment. */
export function sshPublicKey(key: PublicKey): string {
  return `${KIND} ${publicBlob(key).toString('base64')}`;
}

/** A key's fingerprint as `ssh-keygen -l` and `ssh-add -l` print it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}`;
}

/** What kind of key a blob says that it is. */
export function kindOf(blob: Uint8Array): string {
  // Fields of other kinds may be anything; that the first is a string is common to all.
  const size = blob.length < 4 ? 0 : Buffer.from(blob).readUInt32BE();
  const kind = Buffer.from(blob).toString('latin1', 4, Math.min(4 + size, blob.length));
  return /^[\x21-\x7e]{1,100}$/.test(kind) ? kind : 'unknown';
}

/** The Ed25519 key in a blob. @throws Failure VNES2033 for any other kind, and for an unsafe key. */
export function keyOfBlob(blob: Uint8Array, place: Place = {}): PublicKey {
  const [kind, raw, ...more] = readStrings(blob) ?? [];
  if (raw && kind?.toString('latin1') === KIND && more.length === 0) return PublicKey.fromRaw(raw, place);
  return fail('VNES2033', 'this is no Ed25519 public key', {
    place,
    expected: `a key of the kind ${KIND}`,
    found: kindOf(blob) === KIND ? 'a blob of another form' : `a key of the kind ${kindOf(blob)}`,
    help: 'make one: ssh-keygen -t ed25519',
  });
}

/** Whether a text looks like OpenSSH's form of a public key, so that {@link parseSshLine} should say what is wrong with it. */
export function isSshLine(text: string): boolean {
  return LINE.test(text) && /^[\x21-\x7e]+ AAAA/.test(text);
}

/** A line of OpenSSH. @throws Failure VNES2033 */
export function parseSshLine(text: string, place: Place = {}): PublicKey {
  const [, kind, base64 = ''] = LINE.exec(text) ?? [];
  const blob = decodeBase64(base64);
  if (blob && kind === kindOf(blob)) return keyOfBlob(blob, place);
  return fail('VNES2033', 'this is no line of an OpenSSH public key', {
    place,
    expected: `${KIND} and the key in base64, then perhaps a comment`,
    found: text.length > 60 ? `${text.slice(0, 57)}...` : text,
  });
}
