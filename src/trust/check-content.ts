import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { commandLine } from '../base/shell.ts';
import { capsuleName } from '../capsule/manifest.ts';
import { parseTier } from '../capsule/tier.ts';
import { inputHash, outputHash, RECEIPT_FILE } from '../capsule/tree.ts';
import { compareFiles } from './compare-files.ts';
import type { Examination, Finding } from './examination.ts';

export function checkSubject({ folder, manifest, receipt }: Examination): Finding {
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

export function checkFiles({ folder, receipt, walk }: Examination): Finding {
  const listed = receipt!.statement.predicate.files;
  const evidence = `${listed.length} files listed, ${walk.files.length} found`;
  return { evidence, diagnostics: compareFiles(listed, walk.files, folder) };
}

export function checkTree({ folder, receipt, tree }: Examination): Finding {
  const signed = `sha256:${receipt!.statement.subject[0]!.digest.sha256}`;
  return compared([['the tree digest is not the signed one', signed, tree]], {
    code: 'VNES2007',
    folder,
    evidence: tree,
  });
}

export function checkHashes({ folder, manifest, receipt, walk, tree }: Examination): Finding {
  const { input_hash, output_hash, determinism_tier, audit } = receipt!.statement.predicate;
  const tier = parseTier(manifest!.capabilities.determinism_tier);
  return compared(
    [
      ['input_hash is not that of the manifest, spec and sources', inputHash(walk.files), input_hash],
      ['output_hash is not that of impl', outputHash(walk.files), output_hash],
      ['determinism_tier is not that of the manifest', tier, determinism_tier],
      ...(audit
        ? ([
            ['the audit is of another tree', tree, audit.tree],
            ['the audit is of another tier', tier, audit.tier],
          ] as const)
        : []),
    ],
    {
      code: 'VNES2008',
      folder,
      evidence: `input ${input_hash}, output ${output_hash}, ${determinism_tier}${audit ? `, ${audit.verdict} by an audit` : ''}`,
    },
  );
}

type Comparison = readonly [message: string, expected: string, found: string];

function compared(
  comparisons: readonly Comparison[],
  { code, folder, evidence }: { code: Diagnostic['code']; folder: string; evidence: string },
): Finding {
  const different = comparisons.filter(([, expected, found]) => expected !== found);
  const diagnostics = different.map(([message, expected, found]) =>
    diagnose(code, message, {
      place: { file: `${folder}/${RECEIPT_FILE}` },
      expected,
      found,
      help: `if the capsule is as you want it: ${commandLine(['vnes', 'sign'], [folder])}`,
    }),
  );
  return { evidence, diagnostics };
}
