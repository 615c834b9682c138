import { decodeBase64 } from '../../base/base64.ts';
import type { ProofDocument } from '../../generated/proof.js';
import type { CapsuleFacts, GitFacts, PastFacts } from './facts.ts';

export type GitDocument = NonNullable<ProofDocument['git']>;

/**
 * The facts of a proof, with the capsules that were read from it already. `refuse` ends the reading.
 * @param at milliseconds since 1970 that the proof states; undefined when it states none.
 */
export function statedFacts(
  { source, paths, trust, gone, trust_files, links, submodules }: GitDocument,
  { capsules, past }: { readonly capsules: readonly CapsuleFacts[]; readonly past: readonly PastFacts[] },
  at: number | undefined,
  refuse: (message: string) => never,
): GitFacts {
  const bytes = (text: string | null, path: string) =>
    text === null ? null : (decodeBase64(text) ?? refuse(`the bytes of ${path} are broken base64`));
  const trustFiles = trust_files.map(({ path, before, after }) => ({
    path,
    before: bytes(before, path),
    after: bytes(after, path),
  }));
  if (trustFiles.length > 0 && at === undefined) refuse('a trust file changes, and no time is stated');
  const now = at ?? Number.NaN;
  return { source, paths, trust, now, capsules, past, removed: gone, trustFiles, links, submodules };
}
