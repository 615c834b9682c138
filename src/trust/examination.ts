import type { Diagnostic } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import type { Walk } from '../capsule/inventory.ts';
import type { Manifest } from '../capsule/manifest.ts';
import type { Receipt, Signature } from '../capsule/receipt.ts';
import type { TrustedKey, TrustStore } from './store.ts';

/** A capsule under examination: what the checks so far have established. */
export interface Examination {
  /** The folder, as shown to people. */
  readonly folder: string;
  readonly walk: Walk;
  /** Digest over all its files. */
  readonly tree: Digest;
  readonly trust: TrustStore;
  manifest?: Manifest;
  receipt?: Receipt;
  /** Signatures that were found to hold ahead of the check, and under which key. */
  held?: ReadonlyMap<Signature, TrustedKey>;
  signers?: readonly TrustedKey[];
  /** Whose revoked keys signed. Told to people, and never counted. */
  revokedSigners?: readonly TrustedKey[];
}

/** What a check saw. It passed when no diagnostic, and none of its parts, is an error. */
export interface Finding {
  readonly evidence: string;
  readonly diagnostics?: readonly Diagnostic[];
  /** Its parts, each a check of its own. The worst of them decides with the diagnostics. */
  readonly checks?: readonly PartFinding[];
}

/** What one part of a check came to. */
export interface PartFinding {
  readonly id: string;
  readonly proves: string;
  readonly evidence: string;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether those who may waive can let it pass. */
  readonly waivable: boolean;
}

export interface CheckRow {
  readonly id: string;
  readonly proves: string;
  /** Checks that must have passed before this one can decide anything. */
  readonly needs: readonly string[];
  /** Whether those who may waive can let a capsule pass that fails it. Nothing about the integrity of a capsule is. */
  readonly waivable?: true;
  /** What can be found out ahead of it on another thread; it finds out itself what was not. Never rejects. */
  readonly ahead?: (examination: Examination) => Promise<void>;
  readonly run: (examination: Examination) => Finding;
}
