/*
 * The one form of a tar archive (POSIX.1-1988, ustar) that vnes writes and reads: plain files, no owner, no time. A header is a
 * function of the name and the size, so a reader compares it with the one that it would have written, and nobody can hide anything
 * in it. `tar tf` and `tar xf` know it.
 */

export const BLOCK_BYTES = 512;
/** Ends an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK_BYTES);
/** The largest size that eleven octal digits hold. */
const MOST_BYTES = 8 ** 11 - 1;
const NAME_BYTES = 100;

interface Field {
  readonly at: number;
  readonly text: string;
}

const CHECKSUM_AT = 148;
/** Offsets and contents of what is the same in all headers. */
const FIXED: readonly Field[] = [
  { at: 100, text: '0000644\0' },
  { at: 108, text: '0000000\0' },
  { at: 116, text: '0000000\0' },
  { at: 136, text: '00000000000\0' },
  { at: CHECKSUM_AT, text: '        ' },
  { at: 156, text: '0' },
  { at: 257, text: 'ustar\u000000' },
  { at: 329, text: '0000000\0' },
  { at: 337, text: '0000000\0' },
];
const SIZE_AT = 124;

/** The header of a file; `name` is ASCII with slashes. @throws RangeError for what an archive cannot hold. */
export function tarHeader(name: string, size: number): Buffer {
  if (name.length === 0 || name.length >= NAME_BYTES || size > MOST_BYTES)
    throw new RangeError(`no archive can hold ${name} with ${size} bytes`);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 'latin1');
  for (const { at, text } of FIXED) header.write(text, at, 'latin1');
  header.write(`${octal(size, 11)}\0`, SIZE_AT, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, CHECKSUM_AT, 'latin1');
  return header;
}

/** The name and the size that a header states; undefined for one that {@link tarHeader} does not write. */
export function readTarHeader(header: Buffer): { readonly name: string; readonly size: number } | undefined {
  const name = header.subarray(0, NAME_BYTES).toString('latin1').replace(/\0.*$/s, '');
  const digits = header.subarray(SIZE_AT, SIZE_AT + 11).toString('latin1');
  if (name === '' || name.length >= NAME_BYTES || !/^[0-7]{11}$/.test(digits)) return undefined;
  const size = Number.parseInt(digits, 8);
  return tarHeader(name, size).equals(header) ? { name, size } : undefined;
}

/** Zeros that fill the last block of a file of this size. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
