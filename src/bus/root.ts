import { canonicalJson } from '../base/canonical.ts';
import { type Digest, digestBytes, sha256Joined, sha256Raw, toDigest } from '../base/digest.ts';
import type { BusEvent } from '../capsule/event.ts';

/** The log root of a bus on which nothing was published: SHA-256 of `vnes log 1`. */
export const EMPTY_LOG_ROOT: Digest = toDigest(sha256Raw('vnes log 1'));

/**
 * The log root after one more event: SHA-256 over the 32 bytes of the root before it and the canonical JSON of what the bus carries:
 * topic, partition, offset, time, key and payload. Who published it and why is left out, so that another capsule with
 * equal logic leads to an equal root.
 */
export function extendLogRoot(root: Digest, event: BusEvent): Digest {
  return extendLogRootBy(root, [event]);
}

/** The log root after these events, in turn. */
export function extendLogRootBy(root: Digest, events: readonly BusEvent[]): Digest {
  let rolling = digestBytes(root);
  for (const { key, offset, partition, payload, time, topic } of events) {
    rolling = sha256Joined(rolling, canonicalJson({ key, offset, partition, payload, time, topic }));
  }
  return toDigest(rolling);
}
