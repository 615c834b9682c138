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

/** The 32 raw bytes of a digest. */
export function digestBytes(digest: Digest): Buffer {
  return Buffer.from(digest.slice('sha256:'.length), 'hex');
}

/** The digest that 32 raw bytes stand for. */
export function toDigest(raw: Uint8Array): Digest {
  return `sha256:${Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('hex')}`;
}
