import type { Diagnostic } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import type { Walk } from '../capsule/inventory.ts';
import type { Manifest } from '../capsule/manifest.ts';
import type { Receipt } from '../capsule/receipt.ts';
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
  signers?: readonly TrustedKey[];
  /** Whose revoked keys signed. Told to people, and never counted. */
  revokedSigners?: readonly TrustedKey[];
}

/** What a check saw. It passed when no diagnostic is an error. */
export interface Finding {
  readonly evidence: string;
  readonly diagnostics?: readonly Diagnostic[];
}

export interface CheckRow {
  readonly id: string;
  readonly proves: string;
  /** Checks that must have passed before this one can decide anything. */
  readonly needs: readonly string[];
  readonly run: (examination: Examination) => Finding;
}
