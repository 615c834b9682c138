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

/** Signatures of a receipt that hold, each with the key under which it does. */
export type HeldSignatures = ReadonlyMap<Signature, TrustedKey>;

const NONE: HeldSignatures = new Map();

/** One finding for each signature, in the receipt's order. `held` says what {@link heldSignatures} found before. */
export function judgeSignatures(
  receipt: Receipt,
  trusted: readonly TrustedKey[],
  held = NONE,
): readonly SignatureFinding[] {
  let message: Uint8Array | undefined;
  return receipt.signatures.map(signature => {
    const signer = held.get(signature);
    if (signer) return { kind: 'holds', signer };
    message ??= preAuthEncoding(PAYLOAD_TYPE, receipt.payload);
    return judge(signature, message, trusted);
  });
}

/** Those signatures of a receipt that hold under the trusted key which they name, verified while this thread goes on. */
export async function heldSignatures(
  receipt: Receipt,
  trusted: readonly TrustedKey[],
): Promise<HeldSignatures> {
  const message = preAuthEncoding(PAYLOAD_TYPE, receipt.payload);
  const held = new Map<Signature, TrustedKey>();
  await Promise.all(
    receipt.signatures.map(async signature => {
      const signer = namedBy(signature, trusted);
      if (await signer?.key.verifiesMeanwhile(message, signature.bytes)) held.set(signature, signer!);
    }),
  );
  return held;
}

function namedBy({ keyid }: Signature, trusted: readonly TrustedKey[]): TrustedKey | undefined {
  return keyid === undefined ? undefined : trusted.find(({ key }) => key.id === keyid);
}

function judge(signature: Signature, message: Uint8Array, trusted: readonly TrustedKey[]): SignatureFinding {
  const { bytes, keyid } = signature;
  const problem = signatureProblem(bytes);
  if (problem) return { kind: 'unsafe', problem };
  // The hint only says which key to try first: what decides is under which key the signature holds.
  const hinted = namedBy(signature, trusted);
  const order = hinted ? [hinted, ...trusted.filter(entry => entry !== hinted)] : trusted;
  const signer = order.find(({ key }) => key.verifies(message, bytes));
  if (signer) return { kind: 'holds', signer };
  return hinted ? { kind: 'broken', signer: hinted } : { kind: 'unknown', keyid: keyid ?? 'no key id' };
}

/** The trusted keys whose signatures hold; each once, however often it signed. */
export function signersOf(findings: readonly SignatureFinding[]): readonly TrustedKey[] {
  return [...new Set(findings.flatMap(finding => (finding.kind === 'holds' ? [finding.signer] : [])))];
}
