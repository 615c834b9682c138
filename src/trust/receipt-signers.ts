import { Failure } from '../base/diagnostic.ts';
import { parseReceipt, type Receipt } from '../capsule/receipt.ts';
import { RECEIPT_FILE } from '../capsule/tree.ts';
import { covers } from './namespace.ts';
import { delegationFor } from './root/delegation.ts';
import { revokedKeys } from './root/keys.ts';
import { ROLES } from './root/model.ts';
import { judgeSignatures, type SignatureFinding } from './signatures.ts';
import type { TrustedKey, TrustStore } from './store.ts';

/** One signature of a receipt: whose it is, what became of it, and what its signer may do for the capsule. */
export interface ReceiptSigner {
  /** As the trust file names the key's owner; null for a key that it does not name. */
  readonly name: string | null;
  /** The key's id; for an unknown key, what the receipt says, which nobody vouches for. */
  readonly key: string;
  readonly state: 'holds' | 'revoked' | 'broken' | 'unknown' | 'unsafe';
  /** Roles that a trust root gives the signer for this capsule; `sign` under a list of keys. */
  readonly roles: readonly string[];
}

/** Who signed a receipt, in its own order. `bytes` that are no receipt have no signers. */
export function receiptSigners(
  bytes: Uint8Array | undefined,
  id: string | undefined,
  trust: TrustStore,
): readonly ReceiptSigner[] {
  const receipt = bytes && readable(bytes);
  if (!receipt) return [];
  const revoked = trust.root ? judgeSignatures(receipt, revokedKeys(trust.root)) : [];
  return judgeSignatures(receipt, trust.keys).map((finding, index) =>
    toSigner(finding, revoked[index], id, trust),
  );
}

function readable(bytes: Uint8Array): Receipt | undefined {
  try {
    return parseReceipt(bytes, RECEIPT_FILE);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function toSigner(
  finding: SignatureFinding,
  revoked: SignatureFinding | undefined,
  id: string | undefined,
  trust: TrustStore,
): ReceiptSigner {
  if (finding.kind === 'unsafe') return { name: null, key: 'unsafe', state: 'unsafe', roles: [] };
  if (finding.kind !== 'unknown') {
    const { name, key } = finding.signer;
    return { name, key: key.id, state: finding.kind, roles: rolesOf(finding.signer, id, trust) };
  }
  if (revoked?.kind !== 'holds') return { name: null, key: finding.keyid, state: 'unknown', roles: [] };
  const { name, key } = revoked.signer;
  return { name, key: key.id, state: 'revoked', roles: [] };
}

/** What a key's owner may do for a capsule; nothing for a capsule that does not say who it is. */
export function rolesOf(
  { name, namespaces }: TrustedKey,
  id: string | undefined,
  { root }: TrustStore,
): readonly string[] {
  if (id === undefined) return [];
  if (!root) return namespaces.some(pattern => covers(pattern, id)) ? ['sign'] : [];
  return ROLES.filter(role => delegationFor(root.document.signed, role, id)?.principals.includes(name));
}
