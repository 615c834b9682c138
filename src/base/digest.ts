import { createHash, hash } from 'node:crypto';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text);
}

/** The SHA-256 digest of bytes, or of a string's UTF-8 bytes. */
export function sha256(data: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', data, 'hex')}`;
}

/** SHA-256 over several parts in turn, as 32 raw bytes. */
export function sha256Raw(...parts: (Uint8Array | string)[]): Buffer {
  const state = createHash('sha256');
  for (const part of parts) state.update(part);
  return state.digest();
}

const JOINED = Buffer.allocUnsafe(16 * 1024);

/** SHA-256 over bytes and then a text, as 32 raw bytes: {@link sha256Raw} for short ones, of which there are many. */
export function sha256Joined(bytes: Uint8Array, text: string): Buffer {
  const most = bytes.length + text.length * 3;
  if (most > JOINED.length) return sha256Raw(bytes, text);
  JOINED.set(bytes);
  const end = bytes.length + JOINED.write(text, bytes.length, 'utf8');
  return hash('sha256', JOINED.subarray(0, end), 'buffer');
}

/** The 32 raw bytes of a digest. */
export function digestBytes(digest: Digest): Buffer {
  return Buffer.from(digest.slice('sha256:'.length), 'hex');
}

/** The digest that 32 raw bytes stand for. */
export function toDigest(raw: Uint8Array): Digest {
  return `sha256:${Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('hex')}`;
}
