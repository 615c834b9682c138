import { canonicalJson } from '../base/canonical.ts';
import { type Digest, sha256Raw, toDigest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/**
 * One digest for a whole state: the Merkle tree hash of RFC 6962, section 2.1, over its entries in code-unit order of their keys. A
 * leaf is the canonical JSON of `[key, value]`. It depends on the entries alone, not on the history that led to them.
 * @throws RangeError when a key occurs twice.
 */
export function stateRoot(entries: Iterable<readonly [key: string, value: JsonValue]>): Digest {
  const ordered = [...entries].sort((a, b) => compareCodeUnits(a[0], b[0]));
  const twice = ordered.find((entry, index) => entry[0] === ordered[index + 1]?.[0]);
  if (twice) throw new RangeError(`the key ${JSON.stringify(twice[0])} occurs twice in the state`);
  return toDigest(
    merkleRoot(ordered.map(([key, value]) => Buffer.from(canonicalJson([key, value]), 'utf8'))),
  );
}

/** The Merkle tree hash of RFC 6962, section 2.1, over the bytes of the leaves in this order. */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  const peaks: Buffer[] = [];
  for (const [index, leaf] of leaves.entries()) {
    peaks.push(sha256Raw(LEAF, leaf));
    // Each trailing one bit of the leaf's number stands for a complete subtree of equal size to its left.
    for (let bits = index; bits & 1; bits >>>= 1) joinLastTwo(peaks);
  }
  while (peaks.length > 1) joinLastTwo(peaks);
  return peaks[0] ?? sha256Raw('');
}

function joinLastTwo(peaks: Buffer[]): void {
  const right = peaks.pop()!;
  const left = peaks.pop()!;
  peaks.push(sha256Raw(NODE, left, right));
}
