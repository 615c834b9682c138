import type { JsonObject, JsonValue } from '../base/json.ts';
import type { TopicDeclaration } from './declared.ts';
import { type Overflow, STRATEGIES } from './subscription.ts';

/*
 * How a policy capsule steers what becomes of events for which a buffer has no room. The kernel publishes what each mailbox that asked
 * for a policy went through in a frame; the policy capsule takes that like any other event and may publish another strategy.
 */

/** Names of topics that belong to the kernel begin so. */
const RESERVED = 'vnes.';
export const FIGURES_TOPIC = 'vnes.flow.figures.v1';
export const STRATEGY_TOPIC = 'vnes.flow.strategy.v1';
/** As whom the kernel publishes and subscribes. */
export const KERNEL = 'kernel';

/** What one mailbox went through in a frame. */
export interface Figures {
  readonly subscriber: string;
  readonly topic: string;
  readonly strategy: Overflow;
  /** Events that wait after the frame, and how many may. */
  readonly waiting: number;
  readonly buffer: number;
  /** Deliveries that a frame makes at most; null for no limit. */
  readonly per_frame: number | null;
  /** Events that the frame delivered, left out, and made one with a later one. */
  readonly delivered: number;
  readonly shed: number;
  readonly folded: number;
}

/** What a policy capsule decides: from the next frame on, this becomes of what a buffer does not hold. */
export interface Strategy {
  readonly subscriber: string;
  readonly topic: string;
  readonly strategy: Overflow;
}

const TEXT: JsonObject = { type: 'string' };
const COUNT: JsonObject = { type: 'integer', minimum: 0 };
const CHOICE: JsonObject = { enum: STRATEGIES };

const FIGURES_SCHEMA: JsonObject = {
  title: 'what one mailbox went through in a frame',
  ...closed({
    subscriber: TEXT,
    topic: TEXT,
    strategy: CHOICE,
    waiting: COUNT,
    buffer: COUNT,
    per_frame: { type: ['integer', 'null'], minimum: 1 },
    delivered: COUNT,
    shed: COUNT,
    folded: COUNT,
  }),
};

const STRATEGY_SCHEMA: JsonObject = {
  title: 'what becomes of events for which a buffer has no room',
  ...closed({ subscriber: TEXT, topic: TEXT, strategy: CHOICE }),
};

/** How the kernel declares its own topics. */
export const KERNEL_TOPICS: readonly TopicDeclaration[] = [
  {
    topic: FIGURES_TOPIC,
    capsule: KERNEL,
    role: 'publishes',
    schemas: [schemaFile('figures', FIGURES_SCHEMA)],
  },
  {
    topic: STRATEGY_TOPIC,
    capsule: KERNEL,
    role: 'subscribes',
    schemas: [schemaFile('strategy', STRATEGY_SCHEMA)],
  },
];

export function isReserved(topic: string): boolean {
  return topic.startsWith(RESERVED);
}

/** A payload of {@link STRATEGY_TOPIC}, which the catalog has checked. */
export function strategyIn(payload: JsonValue): Strategy {
  return payload as unknown as Strategy;
}

function closed(properties: JsonObject): JsonObject {
  return { type: 'object', required: Object.keys(properties), additionalProperties: false, properties };
}

function schemaFile(name: string, schema: JsonObject) {
  return { path: `(vnes: flow ${name})`, bytes: Buffer.from(JSON.stringify(schema)) };
}
