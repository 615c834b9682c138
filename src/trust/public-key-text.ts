import { fail, type Place } from '../base/diagnostic.ts';
import { PublicKey } from './public-key.ts';
import { isSshLine, parseSshLine } from './ssh/public-key.ts';

const BASE64 = /^[A-Za-z0-9+/]{59}=$/;
const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----$/;

/** The forms that a public key is written in, and who reads each. */
const FORMS: readonly {
  readonly fits: (text: string) => boolean;
  readonly read: (text: string, place: Place) => PublicKey;
}[] = [
  { fits: text => BASE64.test(text), read: (text, place) => PublicKey.fromBase64(text, place) },
  {
    fits: text => PEM.test(text),
    read: (text, place) => PublicKey.fromBase64(PEM.exec(text)![1]!.replace(/[\r\n]/g, ''), place),
  },
  { fits: isSshLine, read: parseSshLine },
];

/** Whether a text is a public key itself, and not the name of one. */
export function isPublicKeyText(text: string): boolean {
  return FORMS.some(({ fits }) => fits(text));
}

/**
 * A public key as people write it down: PEM, the base64 of its SPKI encoding alone, or a line of OpenSSH. Nothing stands before it,
 * and nothing but line ends after it. @throws Failure VNES2033
 */
export function parsePublicKey(text: string, place: Place = {}): PublicKey {
  const alone = text.replace(/[\r\n]+$/, '');
  const form = FORMS.find(({ fits }) => fits(alone));
  if (form) return form.read(alone, place);
  return fail('VNES2033', 'this is no public key', {
    place,
    expected:
      'one Ed25519 public key: PEM, the base64 of its SPKI encoding, or a line that begins with ssh-ed25519',
    found: alone.length > 40 ? `${alone.slice(0, 37)}...` : alone,
    help: 'vnes keys show NAME prints all three forms',
  });
}
