import { compareBy, compareCodeUnits } from '../base/order.ts';
import type { Delivery } from '../capsule/event.ts';

/**
 * The total order of a frame's deliveries: virtual time, topic, partition, offset, subscriber. Names compare by code units. No two
 * deliveries of a frame are equal in it, because a subscriber gets each event once.
 */
export const compareDeliveries: (a: Delivery, b: Delivery) => number = compareBy(
  (a, b) => a.event.time - b.event.time,
  (a, b) => compareCodeUnits(a.event.topic, b.event.topic),
  (a, b) => a.event.partition - b.event.partition,
  (a, b) => a.event.offset - b.event.offset,
  (a, b) => compareCodeUnits(a.subscriber, b.subscriber),
);
