import { sha256Raw } from './digest.ts';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

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
