/** Bytes in which another line end is looked for; beyond, no editor or checkout would have changed them. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The bytes with line feeds alone, and with carriage returns before them: what checkouts and editors turn into each other. */
export function lineEndForms(bytes: Uint8Array): readonly Buffer[] {
  if (bytes.length > MOST_BYTES || !bytes.includes(0x0a)) return [];
  const plain = Buffer.from(bytes).toString('latin1').replaceAll('\r\n', '\n');
  return [plain, plain.replaceAll('\n', '\r\n')].map(text => Buffer.from(text, 'latin1'));
}
