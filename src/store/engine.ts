import type { Digest } from '../base/digest.ts';
import type { DamagePlace } from './damage.ts';

/*
 * The interface that a journal stands behind. A journal is a list of records that only grows. An engine knows nothing of what
 * they hold; it keeps bytes, in order, chained. test/store/conformance.ts is what any engine must pass.
 */

/** A place between two records. */
export interface Position {
  /** How many records stand before it. */
  readonly records: number;
  /** SHA-256 chain over them: where two journals agree in it, they agree in all that stands before. */
  readonly head: Digest;
}

/** A record as it was stored, proven by checksum and chain. */
export interface StoredRecord extends DamagePlace {
  readonly record: number;
  readonly payload: Buffer;
  /** The chain after it, 32 bytes. */
  readonly chain: Buffer;
}

/** One journal. */
export interface JournalEngine {
  /**
   * Takes the right to write, which one writer at a time can hold, in whatever process. A writer that died holds nothing.
   * @throws Failure VNES8006 when another has it or had it, VNES8005 when the store cannot be written.
   */
  lease(): JournalLease;
  /**
   * What is stored after `from`, by default everything, record by record.
   * @throws Failure VNES8001 no journal, VNES8003 damage, at the record where it is; RangeError when `from` is no place in it.
   */
  read(from?: Position): Generator<StoredRecord, void>;
}

/** The right to write to a journal. */
export interface JournalLease {
  /** After the last record that was appended. */
  readonly end: Position;
  /** After the last record that is durable. */
  readonly durable: Position;
  /**
   * Appends records at `at`, which must be the end: a writer that lost count of what it wrote writes nothing. They belong to one
   * group with all that is appended before the next sync. @throws RangeError for another place.
   */
  append(at: Position, payloads: readonly Uint8Array[]): Position;
  /** Lets what is appended next be kept without what stands before it, where the engine keeps records in parts. */
  part(): void;
  /**
   * Makes everything that was appended durable, as one group.
   * @throws Failure VNES8005; then and ever after, for a disk that lost data once may report success the next time.
   */
  sync(): Position;
  /** Gives the right back. What was not synced is forgotten. */
  release(): void;
}
