/** The string of SSH's binary format: its length and its bytes (RFC 4251, section 5). */
export function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Four bytes, the highest first. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The strings that `bytes` is made of, one after the other and nothing else; undefined when it is not. */
export function readStrings(bytes: Uint8Array): readonly Buffer[] | undefined {
  const whole = Buffer.from(bytes);
  const strings: Buffer[] = [];
  let at = 0;
  while (at < whole.length) {
    if (whole.length - at < 4) return undefined;
    const end = at + 4 + whole.readUInt32BE(at);
    if (end > whole.length) return undefined;
    strings.push(whole.subarray(at + 4, end));
    at = end;
  }
  return strings;
}
