import { quoted } from '../base/canonical.ts';
import { type Digest, digestBytes, sha256Joined, sha256Raw, toDigest } from '../base/digest.ts';
import type { BusEvent } from '../capsule/event.ts';
import { payloadText } from '../capsule/placed.ts';

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
  for (const event of events) rolling = sha256Joined(rolling, carried(event));
  return toDigest(rolling);
}

/** The canonical JSON of what the bus carries. */
function carried(event: BusEvent): string {
  const { key, offset, partition, time, topic } = event;
  const payload = payloadText(event);
  return `{"key":${key === null ? 'null' : quoted(key)},"offset":${offset},"partition":${partition},"payload":${payload},"time":${time},"topic":${quoted(topic)}}`;
}
