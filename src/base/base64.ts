/**
 * Bytes from standard base64 (RFC 4648, section 4), or undefined. Strict: with padding, no whitespace, no other alphabet, no
 * stray bits at the end; so one byte string has one spelling.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
