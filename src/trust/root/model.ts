import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import type { TrustRootDocument } from '../../generated/trust-root.js';

/** What stands in the file of a trust root (schemas/trust-root.schema.json). */
export type RootDocument = TrustRootDocument;
/** What is signed of one version. */
export type SignedRoot = RootDocument['signed'];
/** One version with its signatures. */
export type RootVersion = RootDocument['former'][number];
export type RootSignature = RootDocument['signatures'][number];
export type Delegation = SignedRoot['delegations'][number];
export type Principal = SignedRoot['principals'][number];
/** What is delegated. Receipts are about the first two; the others are for policy. */
export type Role = Delegation['role'];

export const ROLES = ['build', 'deploy', 'review', 'waive'] as const satisfies readonly Role[];

/** A trust root after it was checked. */
export interface RootTrust {
  readonly file: string;
  readonly document: RootDocument;
  /** Digest of the first version: it stays, however often the root changes. */
  readonly id: Digest;
  /** Digest of this version. */
  readonly digest: Digest;
  /** Milliseconds since 1970: the time that its expiry was held against. */
  readonly now: number;
  /** Why it does not count; empty when it does. */
  readonly problems: readonly Diagnostic[];
  /** Why this machine cannot remember it, so that an older one would not be noticed later. */
  readonly forgotten?: string;
}
