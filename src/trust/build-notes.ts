import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { parseJson } from '../base/json.ts';
import { refuseViolations } from '../base/schema.ts';
import { commandLine } from '../base/shell.ts';
import type { Tool, Transformation } from '../capsule/receipt.ts';
import { BUILD_FILE } from '../capsule/tree.ts';
import { type BuildNotesDocument, validateBuildNotes } from '../generated/receipt.js';

export interface BuildNotes {
  readonly toolchain: readonly Tool[];
  readonly transformations: readonly Transformation[];
}

/**
 * What `vnes build` noted, for the receipt; nothing when nothing was built. `inputs` is the capsule's present `input_hash`.
 * @throws Failure VNES2050 when the sources changed after the build, VNES10xx when the notes cannot be read.
 */
export function readBuildNotes(bytes: Uint8Array | undefined, inputs: Digest, shownAs: string): BuildNotes {
  if (!bytes) return { toolchain: [], transformations: [] };
  const file = `${shownAs}/${BUILD_FILE}`;
  const value = parseJson(bytes, { file });
  refuseViolations(validateBuildNotes(value), { file, bytes });
  const notes = value as unknown as BuildNotesDocument;
  if (notes.input_hash !== inputs) {
    fail('VNES2050', 'the build is older than the manifest, spec or sources', {
      place: { file, pointer: '/input_hash' },
      expected: inputs,
      found: notes.input_hash,
      help: `${commandLine(['vnes', 'build'], [shownAs])} && ${commandLine(['vnes', 'sign'], [shownAs])}`,
    });
  }
  return { toolchain: notes.toolchain, transformations: notes.transformations as readonly Transformation[] };
}
