import { canonicalJson } from '../base/canonical.ts';
import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { compareCodeUnits } from '../base/order.ts';
import { TopicCatalog } from '../bus/catalog.ts';
import type { TopicDeclaration } from '../bus/declared.ts';
import { isReserved, KERNEL } from '../bus/steering.ts';
import { type Flow, flowOf } from '../bus/subscription.ts';
import { isTest, type Manifest, type Subscription, type TopicUse } from '../capsule/manifest.ts';
import type { Tier } from '../capsule/tier.ts';
import type { Zone } from '../capsule/zone.ts';
import type { ComponentSpec } from '../sandbox/contract.ts';
import { defaultPrefix, type Ownership, ownersOf } from '../state/ownership.ts';
import type { Behaviour } from '../store/flags.ts';
import { codeOf } from './code.ts';
import { downstreamOf, type Subscribed } from './downstream.ts';
import { methodsOf } from './methods.ts';
import { type BoundSchedule, payloadOf } from './schedules.ts';
import { kernelTopics } from './steered.ts';

/** A capsule as the kernel loads it, from a verified folder or from a recording; both give the same bytes. */
export interface LoadedCapsule {
  readonly manifest: Manifest;
  readonly tree: Digest;
  /** Where it was placed. */
  readonly zone: Zone;
  readonly tier: Tier;
  /** The rung that it had in place of its zone's, where a weaker one was allowed. */
  readonly weakened?: string | undefined;
  /** Capability to the id of its provider. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Paths of the files that can be read. */
  readonly paths: readonly string[];
  /** Bytes of one of its files. @throws Failure when there is no such file. */
  read(path: string): Uint8Array;
}

/** Capsules bound to the bus, to the state and to each other (spec, sections 2.2 and 2.3). */
export interface Network {
  readonly behaviour: Behaviour;
  readonly catalog: TopicCatalog;
  readonly ownership: Ownership;
  readonly components: ReadonlyMap<string, ComponentSpec>;
  readonly schedules: readonly BoundSchedule[];
  /** Ids of the test capsules, which watch what the others do. */
  readonly tests: ReadonlySet<string>;
  /** Ids of the capsules that take a topic's events, in code-unit order. */
  subscribers(topic: string): readonly string[];
  /** Whether nobody in the network takes a topic's events, so that they are what it says to the outside. Tests only listen. */
  leaves(topic: string): boolean;
  publishes(capsule: string, topic: string): boolean;
  /** Subscriptions that events of a topic lead to by what its subscribers publish, and so on; not those to the topic itself. */
  downstream(topic: string): readonly Subscribed[];
  /** How the events of a topic reach a subscriber. */
  flow(capsule: string, topic: string): Flow;
}

/**
 * Binds capsules by their declarations and by how the run is to behave.
 * @throws Failure VNES7xxx when two declarations contradict each other.
 */
export async function bind(capsules: readonly LoadedCapsule[], behaviour: Behaviour): Promise<Network> {
  const byId = new Map(capsules.map(capsule => [capsule.manifest.id, capsule]));
  const ids = [...byId.keys()].sort(compareCodeUnits);
  const tests = new Set(ids.filter(id => isTest(byId.get(id)!.manifest)));
  const catalog = await catalogOf(capsules, behaviour);
  const methods = behaviour.calls ? await methodsOfAll(capsules) : new Map();
  const ownership = ownersOf(ids.map(id => ({ id, owns: ownedPrefixes(byId.get(id)!.manifest) })));
  return {
    behaviour,
    catalog,
    ownership,
    components: componentsOf(byId, methods),
    schedules: schedulesOf(capsules, catalog),
    tests,
    subscribers: topic => (catalog.has(topic) ? catalog.topic(topic).subscribers.filter(isCapsule) : []),
    leaves: topic =>
      !isReserved(topic) &&
      (!catalog.has(topic) || catalog.topic(topic).subscribers.every(id => tests.has(id))),
    publishes: (capsule, topic) => catalog.has(topic) && catalog.topic(topic).publishers.includes(capsule),
    flow: (capsule, topic) => flowOf(subscription(byId.get(capsule)!.manifest, topic), behaviour),
    downstream: downstreamOf(catalog),
  };
}

/** The topics that capsules declare, for what needs nothing else of them. @throws Failure VNES7xxx */
export function catalogOf(
  capsules: readonly Pick<LoadedCapsule, 'manifest' | 'read'>[],
  behaviour: Behaviour,
): Promise<TopicCatalog> {
  return TopicCatalog.build([...capsules.flatMap(declarations), ...kernelTopics(capsules)], behaviour);
}

/** Key prefixes that a manifest claims; without a claim, a capsule owns `<id>/`. */
export function ownedPrefixes(manifest: Manifest): readonly string[] {
  return manifest.interfaces?.state?.owns ?? [defaultPrefix(manifest.id)];
}

function isCapsule(id: string): boolean {
  return id !== KERNEL;
}

function subscription(manifest: Manifest, topic: string): Subscription {
  return manifest.interfaces!.bus!.subscribes!.find(each => each.topic === topic)!;
}

function uses(manifest: Manifest, role: 'publishes' | 'subscribes'): readonly TopicUse[] {
  return manifest.interfaces?.bus?.[role] ?? [];
}

/** A capsule's topics with their schemas; the topics of its schedules and its dead letters count as published by it. */
function declarations(capsule: Pick<LoadedCapsule, 'manifest' | 'read'>): TopicDeclaration[] {
  const { manifest } = capsule;
  const declared = (['publishes', 'subscribes'] as const).flatMap(role =>
    uses(manifest, role).map(({ topic, schema, partitions, critical }) => ({
      topic,
      capsule: manifest.id,
      role,
      schemas: [schema ?? []].flat().map(path => ({ path, bytes: capsule.read(path) })),
      partitions,
      critical,
    })),
  );
  const scheduled = (manifest.interfaces?.schedules ?? []).map(({ topic }) => ({
    topic,
    capsule: manifest.id,
    role: 'publishes' as const,
  }));
  const letters = (manifest.interfaces?.bus?.subscribes ?? []).flatMap(({ dead_letter }) =>
    dead_letter === undefined
      ? []
      : [{ topic: dead_letter, capsule: manifest.id, role: 'publishes' as const }],
  );
  return [...declared, ...scheduled, ...letters];
}

/** The schedules of all capsules. @throws Failure VNES7004 when one would publish against the schema of its topic. */
function schedulesOf(capsules: readonly LoadedCapsule[], catalog: TopicCatalog): BoundSchedule[] {
  const schedules = capsules.flatMap(({ manifest }) =>
    (manifest.interfaces?.schedules ?? []).map(schedule => ({ ...schedule, capsule: manifest.id })),
  );
  for (const schedule of schedules) {
    const [violation] = catalog.check(schedule.topic, payloadOf(schedule));
    if (!violation) continue;
    fail('VNES7004', `the schedule of ${schedule.capsule} does not fit the schema of ${schedule.topic}`, {
      place: { file: 'manifest.json', pointer: '/interfaces/schedules' },
      expected: 'a payload that obeys the schema of the topic; it is null unless the schedule states one',
      found: `${violation.pointer || 'the payload'} ${violation.message}`,
      help: 'state the payload in the schedule, or correct the schema',
    });
  }
  return schedules;
}

/** By the ids of capsules. */
type Methods = ReadonlyMap<string, NonNullable<ComponentSpec['methods']>>;

async function methodsOfAll(capsules: readonly LoadedCapsule[]): Promise<Methods> {
  const methods = new Map();
  for (const capsule of capsules) methods.set(capsule.manifest.id, await methodsOf(capsule));
  return methods;
}

/** Components with their services injected; a service's own services come with it. The resolver has refused cycles. */
function componentsOf(
  capsules: ReadonlyMap<string, LoadedCapsule>,
  methods: Methods,
): Map<string, ComponentSpec> {
  const components = new Map<string, ComponentSpec>();
  const componentOf = (id: string): ComponentSpec => {
    const known = components.get(id);
    if (known) return known;
    const capsule = capsules.get(id)!;
    const bindings = Object.entries(capsule.bindings).sort(([a], [b]) => compareCodeUnits(a, b));
    const services = Object.fromEntries(
      bindings.map(([capability, provider]) => [capability, componentOf(provider)]),
    );
    const component = toComponent(capsule, services, methods.get(id));
    components.set(id, component);
    return component;
  };
  for (const id of capsules.keys()) componentOf(id);
  return components;
}

function toComponent(
  capsule: LoadedCapsule,
  services: Readonly<Record<string, ComponentSpec>>,
  methods: ComponentSpec['methods'],
): ComponentSpec {
  const { manifest } = capsule;
  return {
    capsule: manifest.id,
    version: manifest.version,
    code: codeOf(capsule),
    config: canonicalJson(manifest.runtime?.config ?? {}),
    access: { owns: ownedPrefixes(manifest), reads: manifest.interfaces?.state?.reads ?? [] },
    publishes: uses(manifest, 'publishes').map(({ topic }) => topic),
    services,
    ...(methods && { methods }),
  };
}
