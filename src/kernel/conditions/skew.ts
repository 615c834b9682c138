import { partitionOf } from '../../bus/partition.ts';
import type { IngressEvent } from '../ingress.ts';
import { draw } from './disturbed.ts';
import type { Disturbance } from './kinds.ts';

/** The furthest that two clocks are apart, in milliseconds. */
const MOST_SKEW = 1000;

/**
 * The input as it comes when each partition of each topic is fed by a sender with a clock of its own: all of its times are late by one
 * amount. Within a partition the order stays; between them it is that of the skewed times.
 */
export function skewed(
  input: readonly IngressEvent[],
  { seed, kinds }: Disturbance,
  partitions: (topic: string) => number,
): readonly IngressEvent[] {
  if (!kinds.includes('skew')) return input;
  const late = input.map(event => {
    const partition = partitionOf(event.key, partitions(event.topic));
    const by = Math.floor(draw(seed, 'skew', event.topic, partition) * (MOST_SKEW + 1));
    return { ...event, time: event.time + by };
  });
  return late.sort((a, b) => a.time - b.time);
}
