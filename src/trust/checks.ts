import { checkDeterminism } from './check-claims.ts';
import { checkFiles, checkHashes, checkSubject, checkTree } from './check-content.ts';
import { checkFormat, checkManifest, checkPresence } from './check-documents.ts';
import { checkPolicyFile, checkPolicyRules } from './check-policy.ts';
import { checkRole, checkRoot } from './check-root.ts';
import { checkAuthority, checkSignatures, signaturesAhead } from './check-signers.ts';
import type { CheckRow } from './examination.ts';

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
    proves:
      'The hashes of inputs and outputs, the determinism tier and the audit, if it states one, are those of the capsule.',
    needs: ['receipt.files', 'manifest.schema'],
    run: checkHashes,
  },
  {
    id: 'trust.root',
    proves:
      'What is trusted is signed by those who may say so, in force, and no older than what was seen before.',
    needs: [],
    run: checkRoot,
  },
  {
    id: 'receipt.signatures',
    proves: 'A trusted key signed the receipt.',
    needs: ['receipt.format', 'trust.root'],
    ahead: signaturesAhead,
    run: checkSignatures,
  },
  {
    id: 'authority',
    proves: 'A key that signed may sign for the namespace of this capsule.',
    needs: ['manifest.schema', 'receipt.signatures'],
    run: checkAuthority,
  },
  {
    id: 'trust.build',
    proves: 'As many principals as the trust root asks for signed the receipt in the role of builders.',
    needs: ['authority'],
    run: checkRole('build'),
  },
  {
    id: 'trust.deploy',
    proves: 'As many principals as the trust root asks for signed the receipt in the role of deployers.',
    needs: ['manifest.schema', 'receipt.signatures'],
    waivable: true,
    run: checkRole('deploy'),
  },
  {
    id: 'claims.determinism',
    proves: 'No code of a capsule that promises D0 imports what differs from run to run.',
    needs: ['layout', 'manifest.schema'],
    waivable: true,
    run: checkDeterminism,
  },
  {
    id: 'policy.file',
    proves: 'The policy is the one that those who may say so signed.',
    needs: [],
    run: checkPolicyFile,
  },
  {
    id: 'policy.rules',
    proves: 'The capsule meets the rules of the policy that cover it.',
    needs: ['policy.file', 'manifest.schema', 'receipt.tree', 'receipt.signatures'],
    run: checkPolicyRules,
  },
];
