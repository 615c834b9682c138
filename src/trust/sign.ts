import path from 'node:path';
import { encodeBase64 } from '../base/base64.ts';
import { canonicalBytes, canonicalJson } from '../base/canonical.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import type { Ports } from '../base/ports.ts';
import { commandLine } from '../base/shell.ts';
import { writeAtomically } from '../base/write-file.ts';
import type { Walk } from '../capsule/inventory.ts';
import { capsuleName, type Manifest } from '../capsule/manifest.ts';
import { missingManifest } from '../capsule/missing.ts';
import { parseManifest } from '../capsule/parse.ts';
import { type AuditEvidence, PAYLOAD_TYPE, parseReceipt, type Receipt } from '../capsule/receipt.ts';
import { MANIFEST_FILE, RECEIPT_FILE, treeDigest } from '../capsule/tree.ts';
import { walkCapsule } from '../capsule/walk.ts';
import { preAuthEncoding } from './dsse.ts';
import type { PublicKey } from './public-key.ts';
import { type Signer, signatureBy } from './signer.ts';
import { makeStatement, refuseOther } from './statement.ts';

export interface SignOptions {
  /** Adds a signature to the receipt that is there, instead of writing a new receipt. */
  readonly add?: boolean;
  /** What an audit found out about this tree; becomes part of a new receipt. */
  readonly evidence?: AuditEvidence | undefined;
  /** Gets the very bytes of the receipt that was written. */
  readonly also?: (capsule: string, receipt: Uint8Array) => void | Promise<void>;
}

export interface Signed {
  readonly id: string;
  readonly version: string;
  readonly tree: Digest;
  readonly signatures: number;
  readonly receipt: string;
}

/** A receipt that lacks one signature. */
export interface ReceiptDraft {
  readonly manifest: Manifest;
  readonly tree: Digest;
  /** The receipt's file. */
  readonly file: string;
  readonly payload: Uint8Array;
  readonly others: readonly EncodedSignature[];
  /** Who is to sign. */
  readonly key: PublicKey;
  /** The bytes to sign. */
  readonly message: Uint8Array;
}

/**
 * Signs the capsule in `folder` and writes its receipt. `shownAs` names the folder in diagnostics.
 * @throws Failure with every reason why the capsule cannot be signed as it is, or the signer does not sign.
 */
export async function signCapsule(
  folder: string,
  shownAs: string,
  signer: Signer,
  ports: Ports,
  options: SignOptions = {},
): Promise<Signed> {
  const draft = draftReceipt(folder, shownAs, signer.public, ports, options);
  const { text, ...signed } = writeReceipt(draft, await signatureBy(signer, draft.message));
  await options.also?.(capsuleName(draft.manifest), Buffer.from(text));
  return signed;
}

/** What is to be signed. @throws Failure with every reason why the capsule cannot be signed as it is. */
export function draftReceipt(
  folder: string,
  shownAs: string,
  key: PublicKey,
  ports: Ports,
  { add, evidence }: SignOptions,
): ReceiptDraft {
  const walk = walkCapsule(folder, { shownAs });
  const [first, ...more] = walk.problems;
  if (first) throw new Failure(first, ...more);
  const manifest = readManifest(walk, shownAs);
  refuseMissingEntry(manifest, walk, shownAs);
  const existing = add ? readExisting(walk, shownAs) : undefined;
  const statement = makeStatement(manifest, walk, shownAs, ports, evidence);
  if (existing) refuseOther(existing, statement, shownAs);
  const payload = existing?.payload ?? canonicalBytes(statement as unknown as JsonValue);
  const others = existing ? kept(existing, key) : [];
  if (others.length >= LIMITS.signatures) refuseFull(shownAs);
  const message = preAuthEncoding(PAYLOAD_TYPE, payload);
  const file = path.join(folder, RECEIPT_FILE);
  return { manifest, tree: treeDigest(walk.files), file, payload, others, key, message };
}

/** Writes the receipt with the signature over the draft's message, 64 bytes; `text` is what was written. */
export function writeReceipt(draft: ReceiptDraft, signature: Uint8Array): Signed & { readonly text: string } {
  const { tree, file, key, payload, others } = draft;
  const signatures = [...others, { keyid: key.id, sig: encodeBase64(signature) }];
  const text = `${canonicalJson({ payload: encodeBase64(payload), payloadType: PAYLOAD_TYPE, signatures })}\n`;
  writeAtomically(file, text);
  const { id, version } = draft.manifest;
  return { id, version, tree, signatures: signatures.length, receipt: file, text };
}

/** One signature more would make the receipt one that nobody reads. */
function refuseFull(shownAs: string): never {
  return fail('VNES2026', 'the receipt has room for no more signatures', {
    place: { file: `${shownAs}/${RECEIPT_FILE}` },
    expected: `at most ${LIMITS.signatures} signatures`,
    help: `write a new receipt, with your signature alone: ${commandLine(['vnes', 'sign'], [shownAs])}`,
  });
}

function readManifest(walk: Walk, shownAs: string): Manifest {
  const file = `${shownAs}/${MANIFEST_FILE}`;
  const bytes = walk.kept.get(MANIFEST_FILE);
  if (bytes) return parseManifest(bytes, file);
  throw new Failure(missingManifest(walk, shownAs));
}

/** A capsule whose component is missing would be admitted and could never run. */
function refuseMissingEntry({ interfaces }: Manifest, walk: Walk, shownAs: string): void {
  const entry = interfaces?.wasm;
  if (entry === undefined || walk.files.some(file => file.path === entry)) return;
  fail('VNES2051', 'the component that the manifest names is missing', {
    place: { file: `${shownAs}/${entry}`, pointer: '/interfaces/wasm' },
    expected: entry,
    found: 'no such file',
    help: commandLine(['vnes', 'build'], [shownAs]),
  });
}

function readExisting(walk: Walk, shownAs: string): Receipt {
  const file = `${shownAs}/${RECEIPT_FILE}`;
  const bytes = walk.kept.get(RECEIPT_FILE);
  if (bytes) return parseReceipt(bytes, file);
  return fail('VNES2001', 'there is no receipt to add a signature to', {
    place: { file },
    help: commandLine(['vnes', 'sign'], [shownAs]),
  });
}

interface EncodedSignature {
  readonly [name: string]: string;
  readonly sig: string;
}

/** The signatures that stay: all but an older one of the same key. */
function kept({ signatures }: Receipt, key: PublicKey): readonly EncodedSignature[] {
  return signatures
    .filter(({ keyid }) => keyid !== key.id)
    .map(({ keyid, bytes }) => ({ ...(keyid === undefined ? {} : { keyid }), sig: encodeBase64(bytes) }));
}
