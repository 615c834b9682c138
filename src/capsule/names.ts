import { isUtf8 } from 'node:buffer';

/** The common case: nothing in it that any file system folds, decodes or reserves. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

const PRINTABLE = /^[ -~]*$/;

/** Whether a name is its own bytes: that of ASCII is, and no other bytes decode to it. */
export function isAscii(name: string): boolean {
  return PRINTABLE.test(name);
}

/** Names that Windows gives to devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

/** Why a name is refused. In order; the first that holds is reported. */
const REFUSALS: readonly (readonly [test: (name: string) => boolean, reason: string])[] = [
  [name => name === '' || name === '.' || name === '..', 'a name of its own'],
  [name => name !== name.normalize('NFC'), 'a name in Unicode normalisation form C'],
  [name => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name), 'a name without control or invisible characters'],
  [name => /[\\/:<>|?*"]/.test(name), 'a name without \\ / : < > | ? * "'],
  [name => /[. ]$/.test(name), 'a name that does not end in a dot or a space'],
  [name => DEVICE.test(name), 'a name that is no device on Windows'],
];

/** A name that a capsule may hold, or what such a name would have to be. */
export type NameVerdict =
  | { readonly name: string; readonly expected?: undefined }
  | { readonly name: string; readonly expected: string };

/**
 * Judges one name of a folder, as bytes: reading names as strings would decode bad UTF-8 into U+FFFD and so give two files one
 * name. A string stands for its UTF-8 bytes. What is refused means different files on different machines.
 */
export function judgeName(bytes: Buffer | string): NameVerdict {
  const name = typeof bytes === 'string' ? bytes : bytes.toString('utf8');
  if (typeof bytes !== 'string' && !isUtf8(bytes))
    return { name: bytes.toString('latin1'), expected: 'a name in UTF-8' };
  if (PLAIN.test(name) && !name.endsWith('.') && !DEVICE.test(name)) return { name };
  const refusal = REFUSALS.find(([test]) => test(name));
  return refusal ? { name, expected: refusal[1] } : { name };
}

/**
 * What a name folds to where case and Unicode forms do not count: names that fold alike may be one file on another machine.
 * Upper case first, because that expands (the German sharp s to SS), as full case folding does.
 */
export function foldName(name: string): string {
  if (PLAIN.test(name)) return name.toLowerCase();
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
