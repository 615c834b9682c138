import type { ReceiptSigner } from '../../trust/receipt-signers.ts';

/** One key, before and now. A side without a signer was not signed by it. */
export interface SignerChange {
  readonly key: string;
  readonly change: 'same' | 'added' | 'removed' | 'changed';
  readonly before?: ReceiptSigner;
  readonly after?: ReceiptSigner;
}

/** Who signed before and who signs now, by key: those before first, in the order of the receipts. */
export function signerChanges(
  before: readonly ReceiptSigner[],
  after: readonly ReceiptSigner[],
): readonly SignerChange[] {
  const keys = [...new Set([...before, ...after].map(({ key }) => key))];
  return keys.map(key => change(key, find(before, key), find(after, key)));
}

function find(signers: readonly ReceiptSigner[], key: string): ReceiptSigner | undefined {
  return signers.find(signer => signer.key === key);
}

function change(
  key: string,
  before: ReceiptSigner | undefined,
  after: ReceiptSigner | undefined,
): SignerChange {
  if (!before) return { key, change: 'added', after: after! };
  if (!after) return { key, change: 'removed', before };
  return { key, change: alike(before, after) ? 'same' : 'changed', before, after };
}

function alike(a: ReceiptSigner, b: ReceiptSigner): boolean {
  return a.name === b.name && a.state === b.state && a.roles.join() === b.roles.join();
}
