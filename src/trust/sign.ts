import path from 'node:path';
import { encodeBase64 } from '../base/base64.ts';
import { canonicalBytes, canonicalJson } from '../base/canonical.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { type Ports, toRfc3339 } from '../base/ports.ts';
import { writeAtomically } from '../base/write-file.ts';
import { capsuleName, type Manifest } from '../capsule/manifest.ts';
import { parseManifest } from '../capsule/parse.ts';
import {
  PAYLOAD_TYPE,
  PREDICATE_TYPE,
  parseReceipt,
  type Receipt,
  STATEMENT_TYPE,
  type Statement,
} from '../capsule/receipt.ts';
import { parseTier } from '../capsule/tier.ts';
import {
  BUILD_FILE,
  inputHash,
  MANIFEST_FILE,
  outputHash,
  RECEIPT_FILE,
  treeDigest,
} from '../capsule/tree.ts';
import { type Walk, walkCapsule } from '../capsule/walk.ts';
import { readBuildNotes } from './build-notes.ts';
import { preAuthEncoding } from './dsse.ts';
import type { SigningKey } from './private-key.ts';

export interface SignOptions {
  /** Adds a signature to the receipt that is there, instead of writing a new receipt. */
  readonly add?: boolean;
}

export interface Signed {
  readonly id: string;
  readonly version: string;
  readonly tree: Digest;
  readonly signatures: number;
  readonly receipt: string;
}

/**
 * Signs the capsule in `folder` and writes its receipt. `shownAs` names the folder in diagnostics.
 * @throws Failure with every reason why the capsule cannot be signed as it is.
 */
export function signCapsule(
  folder: string,
  shownAs: string,
  key: SigningKey,
  ports: Ports,
  options: SignOptions = {},
): Signed {
  const walk = walkCapsule(folder, { shownAs });
  const [first, ...more] = walk.problems;
  if (first) throw new Failure(first, ...more);
  const manifest = readManifest(walk, shownAs);
  refuseMissingEntry(manifest, walk, shownAs);
  const existing = options.add ? readExisting(walk, shownAs) : undefined;
  const statement = state(
    manifest,
    walk,
    shownAs,
    existing?.statement.predicate.timestamp ?? timestamp(ports),
    ports,
  );
  if (existing) refuseOther(existing, statement, shownAs);
  const payload = existing?.payload ?? canonicalBytes(statement as unknown as JsonValue);
  const signatures = [...(existing ? kept(existing, key) : []), signature(key, payload)];
  const receipt = path.join(folder, RECEIPT_FILE);
  writeAtomically(
    receipt,
    `${canonicalJson({ payload: encodeBase64(payload), payloadType: PAYLOAD_TYPE, signatures })}\n`,
  );
  const { id, version } = manifest;
  return { id, version, tree: treeDigest(walk.files), signatures: signatures.length, receipt };
}

function readManifest(walk: Walk, shownAs: string): Manifest {
  const file = `${shownAs}/${MANIFEST_FILE}`;
  const bytes = walk.kept.get(MANIFEST_FILE);
  if (bytes) return parseManifest(bytes, file);
  return fail('VNES1020', 'the capsule has no manifest that can be read', {
    place: { file },
    expected: `${MANIFEST_FILE} in ${shownAs}`,
    help: 'vnes scaffold --list',
  });
}

/** A capsule whose component is missing would be admitted and could never run. */
function refuseMissingEntry({ interfaces }: Manifest, walk: Walk, shownAs: string): void {
  const entry = interfaces?.wasm;
  if (entry === undefined || walk.files.some(file => file.path === entry)) return;
  fail('VNES2051', 'the component that the manifest names is missing', {
    place: { file: `${shownAs}/${entry}`, pointer: '/interfaces/wasm' },
    expected: entry,
    found: 'no such file',
    help: `vnes build ${shownAs}`,
  });
}

function state(manifest: Manifest, walk: Walk, shownAs: string, time: string, { env }: Ports): Statement {
  const { id, version } = manifest;
  const { files } = walk;
  const build = readBuildNotes(walk.kept.get(BUILD_FILE), inputHash(files), shownAs);
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: capsuleName(manifest), digest: { sha256: treeDigest(files).slice('sha256:'.length) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      capsule: { id, version },
      files: files.map(({ path, mode, size, sha256 }) => ({ path, mode, size, sha256 })),
      input_hash: inputHash(files),
      output_hash: outputHash(files),
      determinism_tier: parseTier(manifest.capabilities.determinism_tier),
      toolchain: build.toolchain,
      environment: { node: env.nodeVersion, platform: env.platform },
      transformations: build.transformations,
      timestamp: time,
    },
  };
}

/** The time of the statement; `SOURCE_DATE_EPOCH` (seconds) makes receipts reproducible (reproducible-builds.org). */
function timestamp({ clock, env }: Ports): string {
  const given = env.get('SOURCE_DATE_EPOCH');
  if (given === undefined) return toRfc3339(clock.now());
  if (!/^[0-9]{1,11}$/.test(given)) {
    fail('VNES2053', 'SOURCE_DATE_EPOCH is not a time', {
      expected: 'seconds since 1970, in digits',
      found: given,
    });
  }
  return toRfc3339(Number(given) * 1000);
}

function readExisting(walk: Walk, shownAs: string): Receipt {
  const file = `${shownAs}/${RECEIPT_FILE}`;
  const bytes = walk.kept.get(RECEIPT_FILE);
  if (bytes) return parseReceipt(bytes, file);
  return fail('VNES2001', 'there is no receipt to add a signature to', {
    place: { file },
    help: `vnes sign ${shownAs}`,
  });
}

/** Nobody signs along under a statement that is not true of the capsule as it lies here. */
function refuseOther(existing: Receipt, now: Statement, shownAs: string): void {
  const facts = ({ subject, predicate }: Statement) => {
    const { environment: _, timestamp: __, ...rest } = predicate;
    return canonicalJson({ subject, ...rest } as unknown as JsonValue);
  };
  if (facts(existing.statement) === facts(now)) return;
  fail('VNES2052', 'the receipt is about another state of the capsule', {
    place: { file: `${shownAs}/${RECEIPT_FILE}` },
    expected: `tree sha256:${now.subject[0]!.digest.sha256}`,
    found: `tree sha256:${existing.statement.subject[0]!.digest.sha256}`,
    help: `write a new receipt: vnes sign ${shownAs}`,
  });
}

interface EncodedSignature {
  readonly [name: string]: string;
  readonly sig: string;
}

/** The signatures that stay: all but an older one of the same key. */
function kept({ signatures }: Receipt, key: SigningKey): readonly EncodedSignature[] {
  return signatures
    .filter(({ keyid }) => keyid !== key.public.id)
    .map(({ keyid, bytes }) => ({ ...(keyid === undefined ? {} : { keyid }), sig: encodeBase64(bytes) }));
}

function signature(key: SigningKey, payload: Uint8Array): EncodedSignature {
  return { keyid: key.public.id, sig: encodeBase64(key.sign(preAuthEncoding(PAYLOAD_TYPE, payload))) };
}
