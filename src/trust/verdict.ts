import type { Diagnostic } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import type { Walk } from '../capsule/inventory.ts';
import type { Manifest } from '../capsule/manifest.ts';
import type { TreeFile } from '../capsule/tree.ts';

/**
 * What a check came to. `warn`: it holds, with something to look at. `waived`: it does not hold, and those who may do so waived it.
 * `blocked`: not decided because an earlier check failed; never counts as passed.
 */
export type CheckResult = 'pass' | 'warn' | 'waived' | 'fail' | 'blocked';

/** What became of a capsule. All but the last are admitted. */
export type Grade = 'admitted' | 'warned' | 'waived' | 'quarantined';

/** One thing that was looked at. The verdict, the text, the JSON and the quarantine record are all projections of this. */
export interface Check {
  /** Stable name, e.g. `receipt.signature`. */
  readonly id: string;
  /** What it proves when it passes, as a sentence. */
  readonly proves: string;
  readonly result: CheckResult;
  /** Evidence in words: what was compared. */
  readonly evidence?: string;
  readonly diagnostics?: readonly Diagnostic[];
  /** Why it is let pass although it failed. */
  readonly waiver?: WaiverUse;
  readonly checks?: readonly Check[];
}

/** A waiver, where it lets a check pass. */
export interface WaiverUse {
  readonly id: string;
  readonly reason: string;
  readonly owner: string;
  /** RFC 3339 in UTC. */
  readonly expires: string;
  /** The principals who signed it. */
  readonly by: readonly string[];
}

/** The proof about one capsule folder. */
export interface Verdict {
  /** Folder as the user named it or as discovery found it. */
  readonly folder: string;
  readonly grade: Grade;
  /** Whether the grade lets it run. */
  readonly admitted: boolean;
  readonly id?: string;
  readonly version?: string;
  readonly tree?: Digest;
  /** Names of the trusted keys whose signatures hold. */
  readonly signers: readonly string[];
  readonly checks: readonly Check[];
}

/** A capsule that was examined: what was read of it, and the verdict about that. */
export interface Proven {
  readonly walk: Walk;
  readonly verdict: Verdict;
}

/** A capsule that passed, with the very bytes that were verified. */
export interface VerifiedCapsule {
  readonly verdict: Verdict;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly tree: Digest;
  readonly files: readonly TreeFile[];
  /** Bytes of a covered file, as they were hashed. @throws Failure VNES2xxx when the file is not part of the tree. */
  read(path: string): Uint8Array;
}

/** All diagnostics of a tree of checks, in reading order. What is waived is an error no longer, and told as a warning. */
export function diagnosticsOf(checks: readonly Check[]): Diagnostic[] {
  return checks.flatMap(check => [...ownDiagnostics(check), ...diagnosticsOf(check.checks ?? [])]);
}

/** As {@link diagnosticsOf}, of the check alone. */
export function ownDiagnostics({ diagnostics = [], waiver }: Check): readonly Diagnostic[] {
  if (!waiver) return diagnostics;
  return diagnostics.map(each =>
    each.severity === 'error'
      ? { ...each, severity: 'warning', message: `waived by ${waiver.id}: ${each.message}` }
      : each,
  );
}
