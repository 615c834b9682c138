import type { TopicCatalog } from '../bus/catalog.ts';

/** A subscriber and a topic that it takes. */
export interface Subscribed {
  readonly subscriber: string;
  readonly topic: string;
}

/**
 * For a topic, the subscriptions behind its subscribers: those to what they may publish, and so on. Manifests tell, so a subscription
 * may be named that no event ever reaches.
 */
export function downstreamOf(catalog: TopicCatalog): (topic: string) => readonly Subscribed[] {
  const known = new Map<string, readonly Subscribed[]>();
  return topic => {
    const found = known.get(topic) ?? follow(topic, catalog);
    known.set(topic, found);
    return found;
  };
}

function follow(start: string, catalog: TopicCatalog): readonly Subscribed[] {
  const topics = catalog.all();
  const reached = new Set<string>([start]);
  for (const topic of reached) {
    const takers = topics.find(each => each.topic === topic)?.subscribers ?? [];
    const next = topics.filter(({ publishers }) => publishers.some(id => takers.includes(id)));
    for (const each of next) reached.add(each.topic);
  }
  reached.delete(start);
  const behind = topics.filter(({ topic }) => reached.has(topic));
  return behind.flatMap(({ topic, subscribers }) => subscribers.map(subscriber => ({ subscriber, topic })));
}
