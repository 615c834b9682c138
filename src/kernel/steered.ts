import { diagnose, Failure, fail } from '../base/diagnostic.ts';
import type { TopicDeclaration } from '../bus/declared.ts';
import { FIGURES_TOPIC, isReserved, KERNEL_TOPICS, STRATEGY_TOPIC } from '../bus/steering.ts';
import { isPolicy, type Manifest } from '../capsule/manifest.ts';

interface Bound {
  readonly manifest: Manifest;
}

/**
 * The kernel's topics, where a capsule uses one or leaves its overflow to a policy.
 * @throws Failure VNES7006 when a capsule uses a topic of the kernel in a way that is not open to it, VNES7007 when it is not one policy
 *   capsule that decides for all.
 */
export function kernelTopics(capsules: readonly Bound[]): readonly TopicDeclaration[] {
  const [first, ...more] = capsules.flatMap(misuses);
  if (first) throw new Failure(first, ...more);
  const steered = capsules.filter(({ manifest }) => subscriptionsOf(manifest).some(isSteered));
  const deciding = capsules.filter(({ manifest }) => publishedBy(manifest).includes(STRATEGY_TOPIC));
  if (steered.length > 0 && deciding.length !== 1) refuseUndecided(steered, deciding);
  const used = capsules.some(({ manifest }) => topicsOf(manifest).some(isReserved));
  return used || steered.length > 0 ? KERNEL_TOPICS : [];
}

function refuseUndecided(steered: readonly Bound[], deciding: readonly Bound[]): never {
  const { id } = steered[0]!.manifest;
  return fail(
    'VNES7007',
    `${id} leaves its overflow to a policy, and ${deciding.length} policy capsules take part`,
    {
      place: { file: 'manifest.json', pointer: '/interfaces/bus/subscribes' },
      expected: `one capsule of type policy that publishes ${STRATEGY_TOPIC}`,
      found: deciding.map(({ manifest }) => manifest.id).join(', ') || 'none',
      help: 'name the folder of one policy capsule too, or state the overflow in the manifest',
    },
  );
}

/** Whether a capsule may use a topic of the kernel, by how it uses it. */
const OPEN: Readonly<Record<'publishes' | 'subscribes', (topic: string, manifest: Manifest) => boolean>> = {
  publishes: (topic, manifest) => topic === STRATEGY_TOPIC && isPolicy(manifest),
  subscribes: topic => topic === STRATEGY_TOPIC || topic === FIGURES_TOPIC,
};

function misuses({ manifest }: Bound) {
  const { bus, schedules = [] } = manifest.interfaces ?? {};
  const subscriptions = subscriptionsOf(manifest);
  const closed = (role: 'publishes' | 'subscribes') =>
    (bus?.[role] ?? []).filter(({ topic }) => isReserved(topic) && !OPEN[role](topic, manifest));
  const told = [
    ...closed('publishes').map(({ topic }) => `publishes ${topic}`),
    ...closed('subscribes').map(({ topic }) => `takes ${topic}, which does not exist`),
    ...schedules.filter(({ topic }) => isReserved(topic)).map(({ topic }) => `has a schedule on ${topic}`),
    ...subscriptions.flatMap(({ dead_letter = '' }) =>
      isReserved(dead_letter) ? [`sends dead letters to ${dead_letter}`] : [],
    ),
    ...subscriptions
      .filter(each => isReserved(each.topic) && isSteered(each))
      .map(({ topic }) => `leaves the overflow of ${topic} to a policy`),
  ];
  return told.map(what =>
    diagnose('VNES7006', `${manifest.id} ${what}: topics that begin with vnes. belong to the kernel`, {
      place: { file: 'manifest.json', pointer: '/interfaces' },
      expected: `to take ${FIGURES_TOPIC} or ${STRATEGY_TOPIC}, or to publish the latter as a capsule of type policy`,
      help: 'use a topic with another name',
    }),
  );
}

function subscriptionsOf({ interfaces }: Manifest) {
  return interfaces?.bus?.subscribes ?? [];
}

function isSteered({ overflow }: { readonly overflow?: string }): boolean {
  return overflow === 'policy';
}

function publishedBy({ interfaces }: Manifest): readonly string[] {
  return (interfaces?.bus?.publishes ?? []).map(({ topic }) => topic);
}

function topicsOf(manifest: Manifest): readonly string[] {
  return [...publishedBy(manifest), ...subscriptionsOf(manifest).map(({ topic }) => topic)];
}
