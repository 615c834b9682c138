/** What a subscription does when more events wait than its buffer holds. */
export const OVERFLOWS = [
  'backpressure',
  'shed_newest',
  'shed_oldest',
  'shed_priority',
  'latest',
  'merge',
  'count',
] as const;
export type Overflow = (typeof OVERFLOWS)[number];

/** Those that a policy capsule may choose from; `count` gives a subscriber other payloads, which it must have asked for. */
export const STRATEGIES = OVERFLOWS.filter(overflow => overflow !== 'count');

export type Qos = 'at_most_once' | 'at_least_once' | 'exactly_once';

/** What a manifest may state of a subscription besides its topic. */
export interface FlowDeclaration {
  readonly qos?: Qos;
  /** Deliveries of one event, the first included. */
  readonly attempts?: number;
  /** Topic for events whose last attempt failed. */
  readonly dead_letter?: string;
  /** Deliveries that a frame makes at most. */
  readonly per_frame?: number;
  /** Events that may wait. */
  readonly buffer?: number;
  /** `policy` leaves it to a policy capsule (steering.ts). */
  readonly overflow?: Overflow | 'policy';
  /** JSON pointer to the number in payloads by which `shed_priority` keeps events. */
  readonly priority?: string;
}

/** How the events of one topic reach one subscriber (spec, sections 5.2 and 5.3). */
export interface Flow {
  readonly qos: Qos;
  /** 1 where a failure is final. */
  readonly attempts: number;
  readonly deadLetter?: string;
  readonly perFrame: number;
  readonly buffer: number;
  readonly overflow: Overflow;
  /** Whether a policy capsule may choose another overflow. */
  readonly steered: boolean;
  readonly priority: string;
}

/** Attempts where a manifest asks for more than one and does not say how many. */
const DEFAULT_ATTEMPTS = 3;
/** Events that may wait for a subscriber that states its rate and no buffer. */
const DEFAULT_BUFFER = 1024;

/**
 * The flow that a manifest asks for. Effects become true with the frame's commit and only when a delivery succeeds, so an event that
 * is delivered again has its effects exactly once; `at_least_once` promises less and gets the same. What a policy decides begins as
 * backpressure, which loses nothing. Recordings from before slow subscribers had a buffer of their own are not `bounded`.
 */
export function flowOf(declared: FlowDeclaration, { bounded = true } = {}): Flow {
  const { qos = 'at_most_once', dead_letter, per_frame, buffer, overflow, priority = '' } = declared;
  return {
    qos,
    attempts: qos === 'at_most_once' ? 1 : (declared.attempts ?? DEFAULT_ATTEMPTS),
    ...(dead_letter === undefined ? {} : { deadLetter: dead_letter }),
    perFrame: per_frame ?? Number.POSITIVE_INFINITY,
    buffer: buffer ?? (bounded && per_frame !== undefined ? DEFAULT_BUFFER : Number.POSITIVE_INFINITY),
    overflow: overflow === undefined || overflow === 'policy' ? 'backpressure' : overflow,
    steered: overflow === 'policy',
    priority,
  };
}
