import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import type { Manifest } from '../../capsule/manifest.ts';
import type { Receipt } from '../../capsule/receipt.ts';
import type { TreeFile } from '../../capsule/tree.ts';
import type { PolicyDocument } from '../../generated/policy.js';
import type { PublicKey } from '../public-key.ts';
import type { RootTrust } from '../root/model.ts';

export type { PolicyDocument };
export type PolicyRule = PolicyDocument['rules'][number];
export type PolicyScope = PolicyRule['scopes'][number];
export type Demand = NonNullable<PolicyRule['demand']>;
export type Level = PolicyScope['level'];

/** Why a policy counts: the trust root pins it, or an option named it; or that nothing pins it, so that it does not. */
export type PolicySource = 'root' | 'option' | 'unpinned';

/** A policy as it was found: plain data, from which `preparePolicy` makes {@link PolicyTrust}. */
export interface StatedPolicy {
  readonly source: PolicySource;
  /** As diagnostics call it. */
  readonly file: string;
  /** Null when it does not count. */
  readonly document: PolicyDocument | null;
  /** Why it does not count. Any of them refuses every capsule. */
  readonly problems: readonly Diagnostic[];
}

/** A policy that can be asked. */
export interface PolicyTrust extends StatedPolicy {
  /** Digest of its canonical JSON, as a trust root pins it; absent without a document. */
  readonly digest?: Digest;
  /** The findings of every rule that covers a capsule, in the policy's order. */
  readonly judge: (subject: PolicySubject) => readonly RuleFinding[];
}

/** A capsule whose content is known to be what was signed. */
export interface PolicySubject {
  /** The folder, as shown to people. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly receipt: Receipt;
  readonly files: readonly TreeFile[];
  /** The keys whose signatures hold; no revoked ones. */
  readonly signers: readonly Signer[];
  /** The trust root; without one nobody has a role. */
  readonly root?: RootTrust | undefined;
}

export interface Signer {
  readonly name: string;
  readonly key: PublicKey;
  readonly namespaces: readonly string[];
}

/** What one rule came to for one capsule: a check below `policy.rules`. */
export interface RuleFinding {
  readonly id: string;
  readonly proves: string;
  readonly evidence: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly waivable: boolean;
}

/** The name of a rule's check. */
export function ruleCheck(id: string): string {
  return `policy/${id}`;
}
