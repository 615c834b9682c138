import type { JsonObject, JsonValue } from '../base/json.ts';
import type { TierName } from './tier.ts';
import { lessTrusted, type Zone, zoneCeiling } from './zone.ts';

export type CapsuleType = 'logic' | 'pipeline' | 'resource' | 'policy' | 'driver' | 'ui' | 'dataset' | 'test';
export type GovernanceTier = 'core' | 'platform' | 'extension' | 'experimental' | 'local';
export type AuditLevel = 'none' | 'low' | 'standard' | 'elevated' | 'critical';
export type LatencyClass = 'offline' | 'batch' | 'interactive' | 'realtime';

/**
 * `manifest.json`, as written (docs/capsule.md). Field names are the file's own. What vnes adds to the field's format stands in
 * the open objects `interfaces` and `runtime`, so a manifest that uses it is still read by others.
 */
export interface Manifest {
  readonly $schema?: string;
  readonly schema_version?: string;
  readonly id: string;
  readonly version: string;
  readonly type: CapsuleType;
  readonly description: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly capabilities: Capabilities;
  readonly interfaces?: Interfaces;
  readonly governance: Governance;
  readonly runtime?: Runtime;
  readonly security?: Security;
  readonly lineage?: Lineage;
}

export interface Capabilities {
  /** Capability names; `name@1.2.0` states a version, otherwise it is the capsule's own. */
  readonly provides: readonly string[];
  /** Capability names; `name@^1.2` states a range (node-semver syntax), otherwise any version will do. */
  readonly requires?: readonly string[];
  readonly input_schemas?: readonly string[];
  readonly output_schemas?: readonly string[];
  readonly determinism_tier?: TierName;
  readonly latency_class?: LatencyClass;
}

export interface Interfaces {
  /** Path of the component below the capsule's folder, e.g. `impl/capsule.wasm`. */
  readonly wasm?: string;
  readonly python?: string;
  /** Path of an executable below the capsule's folder. */
  readonly native?: string;
  readonly bus?: BusInterface;
  readonly rpc?: RpcInterface;
  readonly state?: StateInterface;
  readonly schedules?: readonly Schedule[];
  readonly invariants?: readonly StatedInvariant[];
  readonly [other: string]: unknown;
}

/** What must be true of every run that the capsule takes part in (docs/lab.md). */
export interface StatedInvariant {
  readonly name: string;
  /** In CEL. */
  readonly expression: string;
  /** After each frame unless told, or once after the last. */
  readonly at?: 'frame' | 'end';
  readonly description?: string;
}

/** Whether a capsule watches a network instead of taking part in it: an error of it is a violation that it found. */
export function isTest({ type }: Pick<Manifest, 'type'>): boolean {
  return type === 'test';
}

/** Whether a capsule decides for others what becomes of events that they have no room for. */
export function isPolicy({ type }: Pick<Manifest, 'type'>): boolean {
  return type === 'policy';
}

export interface BusInterface {
  readonly subscribes?: readonly Subscription[];
  readonly publishes?: readonly TopicUse[];
}

/** A topic that a capsule uses: `telemetry.metrics.v1`, with the JSON Schema that it expects there. */
export interface TopicUse {
  readonly topic: string;
  /** Path of a JSON Schema below the capsule's folder; of several, a payload obeys any one. */
  readonly schema?: string | readonly string[];
  /** False where what capsules publish is checked against the schema on request only. */
  readonly critical?: boolean;
  /** Number of partitions, 1 unless told. Every capsule that states it must state the same. */
  readonly partitions?: number;
}

/** A topic that a capsule takes, and how its events reach it (bus/subscription.ts says what each member means). */
export interface Subscription extends TopicUse {
  readonly qos?: 'at_most_once' | 'at_least_once' | 'exactly_once';
  readonly attempts?: number;
  readonly dead_letter?: string;
  readonly per_frame?: number;
  readonly buffer?: number;
  readonly overflow?:
    | 'backpressure'
    | 'shed_newest'
    | 'shed_oldest'
    | 'shed_priority'
    | 'latest'
    | 'merge'
    | 'count'
    | 'policy';
  readonly priority?: string;
}

export interface RpcInterface {
  /** Method name to the paths of its request and response schemas. */
  readonly methods: Readonly<Record<string, { readonly request?: string; readonly response?: string }>>;
}

export interface StateInterface {
  /** Key prefixes that this capsule alone may write. Without it, a capsule owns `<id>/`. */
  readonly owns?: readonly string[];
  /** Key prefixes of others that it may read. */
  readonly reads?: readonly string[];
}

/** An event that the kernel publishes on `topic` each `every_ms` of virtual time. */
export interface Schedule {
  readonly topic: string;
  readonly every_ms: number;
  readonly payload?: JsonValue;
}

export interface Governance {
  readonly tier: GovernanceTier;
  readonly audit_level: AuditLevel;
  readonly owner?: string;
  readonly reviewed_by?: string | readonly string[];
  readonly [other: string]: unknown;
}

export interface Runtime {
  readonly language?: string;
  readonly requires_gpu?: boolean;
  /** Which Python runs the sources of `interfaces.python`; the one that vnes brings unless told. */
  readonly interpreter?: 'embedded' | 'system';
  readonly timeout_ms?: number;
  readonly memory_limit_mb?: number;
  /** Instructions that one delivery may take. */
  readonly fuel?: number;
  /** How far numbers of a D1 capsule may be from the recorded ones: the largest relative error. */
  readonly tolerance?: { readonly relative: number };
  /** What a D2 capsule does not promise to say again: JSON pointers into payloads and state values. */
  readonly projection?: { readonly ignore: readonly string[] };
  /** Handed to the capsule's `init` as canonical JSON. */
  readonly config?: JsonObject;
  readonly [other: string]: unknown;
}

export interface Security {
  readonly trust_zone?: Zone;
  readonly sandbox_class?: string;
  /** What of the machine it asks for; nothing by default. */
  readonly resources?: Resources;
  readonly [other: string]: unknown;
}

export interface Resources {
  readonly files?: readonly string[];
  readonly network?: readonly string[];
  readonly devices?: readonly string[];
  /** A folder to write to, in MiB. */
  readonly scratch_mb?: number;
}

/** What of the machine a capsule names to be given. */
export type NamedResource = 'files' | 'network' | 'devices';

export interface Lineage {
  readonly derived_from?: string | readonly string[];
  readonly supersedes?: string | readonly string[];
  readonly [other: string]: unknown;
}

/**
 * The zone that a manifest may have: the one that it asks for, or that of its namespace where this is less trusted, so that no
 * capsule gains trust by claiming it. One that asks for none gets the least trusted (companion facts), never the most.
 */
export function zoneOf({ id, security }: Pick<Manifest, 'id' | 'security'>): Zone {
  return lessTrusted(security?.trust_zone ?? 'ephemeral', zoneCeiling(id));
}

/** `id@version`, the name of one exact capsule. */
export function capsuleName(manifest: Pick<Manifest, 'id' | 'version'>): string {
  return `${manifest.id}@${manifest.version}`;
}

/** Paths of the schemas of the methods that a capsule answers. */
export function methodSchemas({ interfaces }: Pick<Manifest, 'interfaces'>): readonly string[] {
  const methods = Object.values(interfaces?.rpc?.methods ?? {});
  return methods.flatMap(({ request, response }) => [request ?? [], response ?? []].flat());
}
