import { canonicalJson } from '../base/canonical.ts';
import { type Digest, toDigest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { merkleRoot } from '../base/merkle.ts';
import { compareCodeUnits } from '../base/order.ts';

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
