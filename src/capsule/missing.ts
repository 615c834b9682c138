import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import type { Walk } from './inventory.ts';
import { MANIFEST_FILE } from './tree.ts';

/** Why a walk kept no manifest: there is none, or it is too large to be one. `shownAs` is the capsule's folder. */
export function missingManifest({ files }: Pick<Walk, 'files'>, shownAs: string): Diagnostic {
  const place = { file: `${shownAs}/${MANIFEST_FILE}` };
  const size = files.find(({ path }) => path === MANIFEST_FILE)?.size;
  if (size !== undefined) {
    return diagnose('VNES1005', 'the manifest is too large', {
      place,
      expected: `at most ${LIMITS.documentBytes} bytes`,
      found: `${size} bytes`,
    });
  }
  return diagnose('VNES1020', 'the capsule has no manifest', {
    place,
    expected: `${MANIFEST_FILE} in ${shownAs}`,
    found: 'no plain file of this name',
    help: 'restore it, or start a new capsule: vnes scaffold --list',
  });
}
