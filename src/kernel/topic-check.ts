import type { TopicCatalog } from '../bus/catalog.ts';
import { isReserved, KERNEL } from '../bus/steering.ts';
import type { TopicCheck } from './ingress.ts';

/** What speaks against input on a topic: nobody takes it, or it does not fit. */
export function inputCheck(catalog: TopicCatalog): TopicCheck {
  return (topic, payload) => {
    if (isReserved(topic)) return [`${topic} belongs to the kernel`];
    const takers = catalog.has(topic) ? catalog.topic(topic).subscribers.filter(id => id !== KERNEL) : [];
    if (takers.length === 0) return [`no capsule of this run subscribes to ${topic}`];
    return catalog
      .check(topic, payload)
      .map(({ pointer, message }) => `${pointer || 'the payload'} ${message}`);
  };
}
