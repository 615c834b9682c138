/** A part of a message: a text, bytes, or nothing. */
export type Part = string | Uint8Array | null;

const NOTHING = 0xffffffff;
const decoder = new TextDecoder();

/** A message: one byte that says what it is, then each part as its length (u32, little-endian) and its bytes. */
export function encodeParts(kind: number, parts: readonly Part[]): Uint8Array {
  const chunks: Uint8Array[] = [Uint8Array.of(kind)];
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes?.length ?? NOTHING);
    chunks.push(length);
    if (bytes) chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

export interface Message {
  readonly kind: number;
  readonly parts: readonly (string | null)[];
}

/** The message of an interpreter or a program; its parts are texts. @throws RangeError when it ends early */
export function decodeParts(bytes: Uint8Array): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: (string | null)[] = [];
  let at = 1;
  while (at < bytes.length) {
    const length = view.getUint32(at, true);
    at += 4;
    if (length !== NOTHING && at + length > bytes.length) throw new RangeError('a part is cut off');
    parts.push(length === NOTHING ? null : decoder.decode(bytes.subarray(at, at + length)));
    if (length !== NOTHING) at += length;
  }
  return { kind: view.getUint8(0), parts };
}
