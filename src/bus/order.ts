import { compareBy, compareCodeUnits } from '../base/order.ts';
import type { BusEvent, Delivery } from '../capsule/event.ts';

/** The order of events for one subscriber: virtual time, topic, partition, offset. Names compare by code units. */
export const compareEvents: (a: BusEvent, b: BusEvent) => number = compareBy(
  (a, b) => a.time - b.time,
  (a, b) => compareCodeUnits(a.topic, b.topic),
  (a, b) => a.partition - b.partition,
  (a, b) => a.offset - b.offset,
);

/**
 * The total order of a frame's deliveries: that of their events, then the subscriber. No two deliveries of a frame are equal in it,
 * because a frame delivers an event to a subscriber once.
 */
export const compareDeliveries: (a: Delivery, b: Delivery) => number = compareBy(
  (a, b) => compareEvents(a.event, b.event),
  (a, b) => compareCodeUnits(a.subscriber, b.subscriber),
);
