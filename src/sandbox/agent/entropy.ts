import { canonicalJson } from '../../base/canonical.ts';
import { sha256Raw } from '../../base/digest.ts';
import type { JsonValue } from '../../base/json.ts';

/**
 * `length` bytes that depend on `identity` alone: SHA-256 in counter mode, block i being
 * SHA-256(SHA-256(canonical JSON of identity) || i as u32, big-endian).
 */
export function randomBytes(identity: JsonValue, length: number): Uint8Array {
  const key = sha256Raw(canonicalJson(identity));
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => sha256Raw(key, counter(index)));
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
}

function counter(index: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(index);
  return bytes;
}
