import { PAYLOAD_TYPE, type Receipt, type Signature } from '../capsule/receipt.ts';
import { preAuthEncoding } from './dsse.ts';
import { signatureProblem } from './ed25519.ts';
import type { TrustedKey } from './store.ts';

/** What became of one signature of a receipt. */
export type SignatureFinding =
  /** It holds under this trusted key. */
  | { readonly kind: 'holds'; readonly signer: TrustedKey }
  /** It names this trusted key and does not hold under it. */
  | { readonly kind: 'broken'; readonly signer: TrustedKey }
  /** It holds under no trusted key; whether under another, nobody here can tell. */
  | { readonly kind: 'unknown'; readonly keyid: string }
  /** Its bytes are no signature that may be verified. */
  | { readonly kind: 'unsafe'; readonly problem: string };

/** One finding for each signature, in the receipt's order. */
export function judgeSignatures(
  receipt: Receipt,
  trusted: readonly TrustedKey[],
): readonly SignatureFinding[] {
  const message = preAuthEncoding(PAYLOAD_TYPE, receipt.payload);
  return receipt.signatures.map(signature => judge(signature, message, trusted));
}

function judge(
  { bytes, keyid }: Signature,
  message: Uint8Array,
  trusted: readonly TrustedKey[],
): SignatureFinding {
  const problem = signatureProblem(bytes);
  if (problem) return { kind: 'unsafe', problem };
  // The hint only says which key to try first: what decides is under which key the signature holds.
  const hinted = keyid === undefined ? undefined : trusted.find(({ key }) => key.id === keyid);
  const order = hinted ? [hinted, ...trusted.filter(entry => entry !== hinted)] : trusted;
  const signer = order.find(({ key }) => key.verifies(message, bytes));
  if (signer) return { kind: 'holds', signer };
  return hinted ? { kind: 'broken', signer: hinted } : { kind: 'unknown', keyid: keyid ?? 'no key id' };
}

/** The trusted keys whose signatures hold; each once, however often it signed. */
export function signersOf(findings: readonly SignatureFinding[]): readonly TrustedKey[] {
  return [...new Set(findings.flatMap(finding => (finding.kind === 'holds' ? [finding.signer] : [])))];
}
