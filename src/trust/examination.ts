import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { capsuleName, type Manifest } from '../capsule/manifest.ts';
import { parseManifest } from '../capsule/parse.ts';
import { parseReceipt, type Receipt } from '../capsule/receipt.ts';
import { parseTier } from '../capsule/tier.ts';
import { inputHash, MANIFEST_FILE, outputHash, RECEIPT_FILE, treeDigest } from '../capsule/tree.ts';
import type { Walk } from '../capsule/walk.ts';
import { compareFiles } from './compare-files.ts';
import { covers } from './namespace.ts';
import { judgeSignatures, type SignatureFinding, signersOf } from './signatures.ts';
import type { TrustedKey, TrustStore } from './store.ts';

/** A capsule under examination: what the checks so far have established. */
export interface Examination {
  /** The folder, as shown to people. */
  readonly folder: string;
  readonly walk: Walk;
  readonly trust: TrustStore;
  manifest?: Manifest;
  receipt?: Receipt;
  signers?: readonly TrustedKey[];
}

/** What a check saw. It passed when there are no diagnostics. */
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

/** Everything that admission asks of a capsule, in reading order. */
export const CHECKS: readonly CheckRow[] = [
  {
    id: 'layout',
    proves: 'The folder holds plain files only, whose names mean the same on every machine.',
    needs: [],
    run: ({ walk }) => ({ evidence: `${walk.files.length} files`, diagnostics: walk.problems }),
  },
  {
    id: 'manifest.schema',
    proves: 'The manifest is strict JSON and follows its schema.',
    needs: [],
    run: checkManifest,
  },
  {
    id: 'receipt.present',
    proves: 'The capsule carries a receipt.',
    needs: [],
    run: checkPresence,
  },
  {
    id: 'receipt.format',
    proves: 'The receipt is a DSSE envelope round one in-toto statement of the known type.',
    needs: ['receipt.present'],
    run: checkFormat,
  },
  {
    id: 'receipt.subject',
    proves: 'The receipt is about this capsule in this version.',
    needs: ['manifest.schema', 'receipt.format'],
    run: checkSubject,
  },
  {
    id: 'receipt.files',
    proves: 'The files on disk are those that the receipt lists: none added, removed or changed.',
    needs: ['layout', 'receipt.format'],
    run: checkFiles,
  },
  {
    id: 'receipt.tree',
    proves: 'The digest over all files is the one that was signed.',
    needs: ['receipt.files'],
    run: checkTree,
  },
  {
    id: 'receipt.hashes',
    proves: 'The hashes of inputs and outputs and the determinism tier are those of the capsule.',
    needs: ['receipt.files', 'manifest.schema'],
    run: checkHashes,
  },
  {
    id: 'receipt.signatures',
    proves: 'A trusted key signed the receipt.',
    needs: ['receipt.format'],
    run: checkSignatures,
  },
  {
    id: 'authority',
    proves: 'A key that signed may sign for the namespace of this capsule.',
    needs: ['manifest.schema', 'receipt.signatures'],
    run: checkAuthority,
  },
];

function checkManifest(examination: Examination): Finding {
  const file = `${examination.folder}/${MANIFEST_FILE}`;
  const bytes = examination.walk.kept.get(MANIFEST_FILE);
  if (!bytes) return missingManifest(examination, file);
  return caught('the manifest was refused', () => {
    examination.manifest = parseManifest(bytes, file);
    return { evidence: capsuleName(examination.manifest) };
  });
}

function missingManifest({ folder, walk }: Examination, file: string): Finding {
  const size = walk.files.find(({ path }) => path === MANIFEST_FILE)?.size;
  const diagnostic =
    size === undefined
      ? diagnose('VNES1020', 'the capsule has no manifest', {
          place: { file },
          expected: `${MANIFEST_FILE} in ${folder}`,
          found: 'no such file',
          help: 'restore it, or start a new capsule: vnes scaffold --list',
        })
      : diagnose('VNES1005', 'the manifest is too large', { place: { file }, found: `${size} bytes` });
  return { evidence: diagnostic.message, diagnostics: [diagnostic] };
}

function checkPresence({ folder, walk }: Examination): Finding {
  if (walk.kept.has(RECEIPT_FILE)) return { evidence: RECEIPT_FILE };
  const diagnostic = diagnose('VNES2001', 'the capsule has no receipt', {
    place: { file: `${folder}/${RECEIPT_FILE}` },
    expected: 'a signed receipt',
    found: 'no such file, or one that is too large',
    help: `vnes sign ${folder}`,
  });
  return { evidence: diagnostic.message, diagnostics: [diagnostic] };
}

function checkFormat(examination: Examination): Finding {
  const file = `${examination.folder}/${RECEIPT_FILE}`;
  return caught('the receipt was refused', () => {
    const receipt = parseReceipt(examination.walk.kept.get(RECEIPT_FILE)!, file);
    examination.receipt = receipt;
    return { evidence: `${receipt.signatures.length} signatures over ${receipt.payload.length} bytes` };
  });
}

function checkSubject({ folder, manifest, receipt }: Examination): Finding {
  const { subject, predicate } = receipt!.statement;
  const expected = capsuleName(manifest!);
  const named = [subject[0]!.name, `${predicate.capsule.id}@${predicate.capsule.version}`];
  return compared(
    [['the receipt is about another capsule', expected, named.find(name => name !== expected) ?? expected]],
    {
      code: 'VNES2003',
      folder,
      evidence: expected,
    },
  );
}

function checkFiles({ folder, receipt, walk }: Examination): Finding {
  const listed = receipt!.statement.predicate.files;
  const evidence = `${listed.length} files listed, ${walk.files.length} found`;
  return { evidence, diagnostics: compareFiles(listed, walk.files, folder) };
}

function checkTree({ folder, receipt, walk }: Examination): Finding {
  const signed = `sha256:${receipt!.statement.subject[0]!.digest.sha256}`;
  const tree = treeDigest(walk.files);
  return compared([['the tree digest is not the signed one', signed, tree]], {
    code: 'VNES2007',
    folder,
    evidence: tree,
  });
}

function checkHashes({ folder, manifest, receipt, walk }: Examination): Finding {
  const { input_hash, output_hash, determinism_tier } = receipt!.statement.predicate;
  return compared(
    [
      ['input_hash is not that of the manifest, spec and sources', inputHash(walk.files), input_hash],
      ['output_hash is not that of impl', outputHash(walk.files), output_hash],
      [
        'determinism_tier is not that of the manifest',
        parseTier(manifest!.capabilities.determinism_tier),
        determinism_tier,
      ],
    ],
    { code: 'VNES2008', folder, evidence: `input ${input_hash}, output ${output_hash}, ${determinism_tier}` },
  );
}

type Comparison = readonly [message: string, expected: string, found: string];

function compared(
  comparisons: readonly Comparison[],
  { code, folder, evidence }: { code: Diagnostic['code']; folder: string; evidence: string },
): Finding {
  const place = { file: `${folder}/${RECEIPT_FILE}` };
  const help = `if the capsule is as you want it: vnes sign ${folder}`;
  const diagnostics = comparisons
    .filter(([, expected, found]) => expected !== found)
    .map(([message, expected, found]) => diagnose(code, message, { place, expected, found, help }));
  return { evidence, diagnostics };
}

function checkSignatures(examination: Examination): Finding {
  const { folder, receipt, trust } = examination;
  const findings = judgeSignatures(receipt!, trust.keys);
  const signers = signersOf(findings);
  examination.signers = signers;
  const unknown = findings.filter(finding => finding.kind === 'unknown').length;
  const evidence = `signed by ${signers.map(({ name }) => name).join(', ') || 'no trusted key'}; ${unknown} unknown signatures`;
  const diagnostics = findings.flatMap(finding => brokenSignature(finding, folder));
  if (signers.length === 0 && diagnostics.length === 0)
    diagnostics.push(nobodyTrusted(examination, findings));
  return { evidence, diagnostics };
}

function brokenSignature(finding: SignatureFinding, folder: string): Diagnostic[] {
  const place = { file: `${folder}/${RECEIPT_FILE}` };
  const help = `have it signed again: vnes sign ${folder}`;
  if (finding.kind === 'unsafe') {
    const expected = 'a canonical Ed25519 signature of 64 bytes (RFC 8032)';
    return [
      diagnose('VNES2010', 'a signature is not safe to verify', {
        place,
        expected,
        found: finding.problem,
        help,
      }),
    ];
  }
  if (finding.kind !== 'broken') return [];
  return [
    diagnose('VNES2012', `the signature of the key ${JSON.stringify(finding.signer.name)} does not hold`, {
      place,
      expected: 'a signature over these very bytes',
      found: 'one over other bytes, or by another key',
      help,
    }),
  ];
}

function nobodyTrusted({ folder, trust }: Examination, findings: readonly SignatureFinding[]): Diagnostic {
  const names = trust.keys.map(({ name }) => name);
  const keyids = findings.flatMap(finding => (finding.kind === 'unknown' ? [finding.keyid] : []));
  return diagnose('VNES2011', 'no key that you trust signed this capsule', {
    place: { file: `${folder}/${RECEIPT_FILE}` },
    expected:
      names.length > 0
        ? `a signature by one of: ${names.join(', ')}`
        : 'a trusted key; there is no trust file',
    found: `${findings.length} by ${keyids.join(', ')}`,
    help: 'name the file of those who may sign: --trust FILE; or sign it yourself: vnes keys create && vnes sign',
  });
}

function checkAuthority({ folder, manifest, signers }: Examination): Finding {
  const { id } = manifest!;
  const entitled = signers!.filter(({ namespaces }) => namespaces.some(pattern => covers(pattern, id)));
  if (entitled.length > 0) return { evidence: `${entitled.map(({ name }) => name).join(', ')} for ${id}` };
  const diagnostic = diagnose('VNES3001', `no key that signed may sign for ${id}`, {
    place: { file: `${folder}/${RECEIPT_FILE}` },
    expected: `a key with a namespace that covers ${id}`,
    found: signers!.map(({ name, namespaces }) => `${name} (${namespaces.join(', ')})`).join(', '),
    help: 'have it signed by a key for that namespace, or widen the key in your trust file',
  });
  return { evidence: diagnostic.message, diagnostics: [diagnostic] };
}

/** A refusal while parsing is a finding about the capsule, no reason to stop. */
function caught(evidence: string, run: () => Finding): Finding {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) return { evidence, diagnostics: error.diagnostics };
    throw error;
  }
}
