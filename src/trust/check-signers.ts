import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { commandLine } from '../base/shell.ts';
import { RECEIPT_FILE } from '../capsule/tree.ts';
import { rootAuthority, rootHelp } from './check-root.ts';
import type { Examination, Finding } from './examination.ts';
import { covers } from './namespace.ts';
import { namesOf, revokedKeys } from './root/keys.ts';
import { heldSignatures, judgeSignatures, type SignatureFinding, signersOf } from './signatures.ts';

export async function signaturesAhead(examination: Examination): Promise<void> {
  examination.held = await heldSignatures(examination.receipt!, examination.trust.keys);
}

export function checkSignatures(examination: Examination): Finding {
  const { folder, receipt, trust, held } = examination;
  const findings = judgeSignatures(receipt!, trust.keys, held);
  const signers = signersOf(findings);
  examination.signers = signers;
  if (trust.root) examination.revokedSigners = signersOf(judgeSignatures(receipt!, revokedKeys(trust.root)));
  const unknown = findings.filter(finding => finding.kind === 'unknown').length;
  const evidence = `signed by ${namesOf(signers).join(', ') || 'no trusted key'}; ${unknown} unknown signatures`;
  const diagnostics = findings.flatMap(finding => brokenSignature(finding, folder));
  if (signers.length === 0 && diagnostics.length === 0)
    diagnostics.push(nobodyTrusted(examination, findings));
  return { evidence, diagnostics };
}

function brokenSignature(finding: SignatureFinding, folder: string): Diagnostic[] {
  const place = { file: `${folder}/${RECEIPT_FILE}` };
  const help = `have it signed again: ${commandLine(['vnes', 'sign'], [folder])}`;
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

function nobodyTrusted(examination: Examination, findings: readonly SignatureFinding[]): Diagnostic {
  const { folder, trust, revokedSigners = [] } = examination;
  const names = namesOf(trust.keys);
  const keyids = findings.flatMap(finding => (finding.kind === 'unknown' ? [finding.keyid] : []));
  const revoked = namesOf(revokedSigners).map(name => `; a revoked key of ${name} is among them`);
  return diagnose('VNES2011', 'no key that you trust signed this capsule', {
    place: { file: `${folder}/${RECEIPT_FILE}` },
    expected:
      names.length > 0
        ? `a signature by one of: ${names.join(', ')}`
        : 'a trusted key; there is no trust file',
    found: `${findings.length} by ${keyids.join(', ')}${revoked.join('')}`,
    help: trust.root
      ? rootHelp(examination, trust.root)
      : 'name the file of those who may sign: --trust FILE; or sign it yourself: vnes keys create && vnes sign',
  });
}

export function checkAuthority(examination: Examination): Finding {
  const { folder, manifest, signers, trust } = examination;
  if (trust.root) return rootAuthority(examination, trust.root);
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
