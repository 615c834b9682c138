import type { Digest } from '../base/digest.ts';
import type { JsonObject, JsonValue } from '../base/json.ts';
import type { BusEvent, LogLevel, Outcome } from '../capsule/event.ts';
import type { StatedInvariant } from '../capsule/manifest.ts';
import type { Fork } from './branch.ts';

/** The records of a recording's journal, in the order in which they occur: one header, boot records, frames and snapshots, one seal. */
export type JournalRecord = HeaderRecord | BootRecord | FrameRecord | SnapshotRecord | SealRecord;

export interface HeaderRecord {
  readonly type: 'header';
  /** Version of the recording's format: 2 for one that goes on from another. */
  readonly format: 1 | 2;
  /** Behaviour flags: how the kernel that wrote this behaved where later kernels differ. Unknown flags are refused. */
  readonly flags: readonly string[];
  /** The run's seed. */
  readonly seed: string;
  /** Virtual time at the start, in milliseconds. */
  readonly epoch: number;
  /** Ingress events that a frame takes at most. */
  readonly frameIngress: number;
  /** The zone given on the command line; capsules run in the less trusted of it and their own. */
  readonly zone: string;
  /** Invariants that the run was given besides those of its capsules' manifests. */
  readonly invariants?: readonly StatedInvariant[];
  /** How the lab disturbed the run; absent where it did not. */
  readonly disturbance?: { readonly seed: string; readonly kinds: readonly string[] };
  readonly capsules: readonly RecordedCapsule[];
  /** Frames after which a snapshot is taken, again and again. */
  readonly snapshotEvery?: number;
  /** What the programs in virtual machines depended on, where there were any. */
  readonly machine?: RecordedMachine;
  /** What it goes on from. */
  readonly parent?: Parent;
}

/** What a virtual machine with a program in it was made of. */
export interface RecordedMachine {
  readonly qemu: MachinePart;
  readonly kernel: MachinePart;
  /** The system's interpreter, where a program was Python. */
  readonly python?: MachinePart;
  /** Of QEMU; those that are sizes or descriptors are 0. */
  readonly arguments: readonly string[];
}

export interface MachinePart {
  /** For people. */
  readonly version: string;
  readonly digest: Digest;
}

/** Where a recording goes on from another. */
export interface Parent extends Fork {
  /** Whether the parent's instances went on with what they had in memory, or all were made anew: another version was among them. */
  readonly instances: 'kept' | 'anew';
}

/** A capsule as it took part. Its files lie in the recording's `objects/`, by digest. */
export interface RecordedCapsule {
  readonly id: string;
  readonly version: string;
  readonly tree: Digest;
  readonly zone: string;
  readonly tier: string;
  /** The rung that it ran on where its zone asks for a stronger one, which the user had allowed. */
  readonly weakened?: string;
  /** Capability to the id of the capsule that provides it here. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Path to digest of every file that the kernel loaded. */
  readonly files: Readonly<Record<string, Digest>>;
}

/** One step of the boot sequence or of a capsule's lifecycle (spec, sections 1 and 2). */
export interface BootRecord {
  readonly type: 'boot';
  readonly stage: number;
  readonly event: string;
  readonly detail: JsonObject;
}

/** One frame: what came in, who handled it, what that changed. Its commit is the only moment at which anything becomes true. */
export interface FrameRecord {
  readonly type: 'frame';
  /** From 0. */
  readonly frame: number;
  /** Virtual time of the last delivery in milliseconds. */
  readonly time: number;
  readonly ingress: readonly BusEvent[];
  readonly deliveries: readonly DeliveryRecord[];
  readonly published: readonly BusEvent[];
  readonly writes: readonly StateWrite[];
  readonly logs: readonly LogRecord[];
  /** Kernel decisions other than the above: events shed or folded into others, suspensions, input held back. */
  readonly decisions: readonly Decision[];
}

export interface DeliveryRecord {
  /** `seq` of the event. */
  readonly event: number;
  readonly to: string;
  readonly outcome: Outcome['kind'] | 'skipped';
  readonly message?: string;
  /** From 2: the how-manieth delivery of the event to this subscriber it was. */
  readonly attempt?: number;
  /** It failed and is made again. */
  readonly again?: boolean;
}

/** A new version of a key. */
export interface StateWrite {
  readonly key: string;
  /** null is a deletion. */
  readonly value: JsonValue | null;
  /** Counts the writes of this key from 1. */
  readonly version: number;
  readonly writer: string;
  /** `seq` of the event whose delivery wrote it. */
  readonly cause: number;
}

export interface LogRecord {
  readonly capsule: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly cause: number;
}

export interface Decision {
  readonly kind: string;
  readonly capsule: string;
  readonly detail: JsonObject;
}

/** A step between two frames at which every instance was made anew, so that nothing that follows depends on what they remembered. */
export interface SnapshotRecord {
  readonly type: 'snapshot';
  /** Frames and events before it. */
  readonly frames: number;
  readonly events: number;
  readonly logRoot: Digest;
  readonly stateRoot: Digest;
  /** Digest of the snapshot's body: of everything that a run goes on with from here. */
  readonly digest: Digest;
}

/** Ends a finished recording. A recording without one was cut short. */
export interface SealRecord {
  readonly type: 'seal';
  readonly frames: number;
  readonly events: number;
  readonly logRoot: Digest;
  readonly stateRoot: Digest;
}
