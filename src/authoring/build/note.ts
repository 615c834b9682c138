import { canonicalJson } from '../../base/canonical.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import type { Built } from './job.ts';

/** `impl/build.json`: what a build started from, and how. `vnes sign` takes it over into the receipt. */
export interface BuildNote {
  /** Tree digest of manifest, spec and sources. */
  readonly input_hash: Digest;
  readonly toolchain: readonly { readonly tool: string; readonly version: string }[];
  readonly transformations: readonly {
    readonly step: string;
    readonly tool: string;
    readonly input_hash: Digest;
    readonly output_hash: Digest;
  }[];
  readonly reproducible: boolean;
}

/** Each step starts from what the one before it made; the first from the capsule's inputs. */
export function noteOf(input: Digest, built: Built): BuildNote {
  let from = input;
  const transformations = built.steps.map(({ step, tool, output }) => {
    const made = { step, tool, input_hash: from, output_hash: sha256(output) };
    from = made.output_hash;
    return made;
  });
  const toolchain = built.toolchain.map(({ tool, version }) => ({ tool, version }));
  return { input_hash: input, toolchain, transformations, reproducible: built.reproducible };
}

/** Canonical JSON and a newline: the note is covered by the receipt, so its bytes must not depend on who writes it. */
export function noteText(note: BuildNote): string {
  return `${canonicalJson({ ...note, toolchain: [...note.toolchain], transformations: [...note.transformations] })}\n`;
}
