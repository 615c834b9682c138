import { diagnose, Failure } from '../base/diagnostic.ts';
import { commandLine } from '../base/shell.ts';
import { capsuleName } from '../capsule/manifest.ts';
import { missingManifest } from '../capsule/missing.ts';
import { parseManifest } from '../capsule/parse.ts';
import { parseReceipt } from '../capsule/receipt.ts';
import { MANIFEST_FILE, RECEIPT_FILE } from '../capsule/tree.ts';
import type { Examination, Finding } from './examination.ts';

export function checkManifest(examination: Examination): Finding {
  const file = `${examination.folder}/${MANIFEST_FILE}`;
  const bytes = examination.walk.kept.get(MANIFEST_FILE);
  if (!bytes) {
    const missing = missingManifest(examination.walk, examination.folder);
    return { evidence: missing.message, diagnostics: [missing] };
  }
  return caught('the manifest was refused', () => {
    examination.manifest = parseManifest(bytes, file);
    return { evidence: capsuleName(examination.manifest) };
  });
}

export function checkPresence({ folder, walk }: Examination): Finding {
  if (walk.kept.has(RECEIPT_FILE)) return { evidence: RECEIPT_FILE };
  const diagnostic = diagnose('VNES2001', 'the capsule has no receipt', {
    place: { file: `${folder}/${RECEIPT_FILE}` },
    expected: 'a signed receipt',
    found: 'no plain file of this name, or one that is too large',
    help: commandLine(['vnes', 'sign'], [folder]),
  });
  return { evidence: diagnostic.message, diagnostics: [diagnostic] };
}

export function checkFormat(examination: Examination): Finding {
  const file = `${examination.folder}/${RECEIPT_FILE}`;
  return caught('the receipt was refused', () => {
    const receipt = parseReceipt(examination.walk.kept.get(RECEIPT_FILE)!, file);
    examination.receipt = receipt;
    return { evidence: `${receipt.signatures.length} signatures over ${receipt.payload.length} bytes` };
  });
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
