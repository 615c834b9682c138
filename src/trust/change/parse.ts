import { decodeBase64 } from '../../base/base64.ts';
import { sha256 } from '../../base/digest.ts';
import type { ProofDocument } from '../../generated/proof.js';
import type { CapsuleFacts, GitFacts, PastFacts } from './facts.ts';

export type GitDocument = NonNullable<ProofDocument['git']>;
type FileDocument = GitDocument['governance'][number]['trust'];

/**
 * The facts of a proof, with the capsules that were read from it already. `refuse` ends the reading.
 * @param at milliseconds since 1970 that the proof states; undefined when it states none.
 */
export function statedFacts(
  { source, paths, trust, gone, schemas, trust_files, governance, links, submodules }: GitDocument,
  { capsules, past }: { readonly capsules: readonly CapsuleFacts[]; readonly past: readonly PastFacts[] },
  at: number | undefined,
  refuse: (message: string) => never,
): GitFacts {
  const bytes = (text: string | null, path: string) =>
    text === null ? null : (decodeBase64(text) ?? refuse(`the bytes of ${path} are broken base64`));
  const file = ({ before, after }: FileDocument, path: string) => ({
    before: bytes(before, path),
    after: bytes(after, path),
  });
  const trustFiles = trust_files.map(({ path, ...each }) => ({ path, ...file(each, path) }));
  const governing = governance.map(each => ({
    folder: each.folder,
    trust: file(each.trust, each.folder),
    policy: file(each.policy, each.folder),
    waivers: file(each.waivers, each.folder),
  }));
  if (trustFiles.length + governing.length > 0 && at === undefined)
    refuse('a trust file changes, and no time is stated');
  const now = at ?? Number.NaN;
  const from = { ...trust, waivers: bytes(trust.waivers, 'the waivers of the target') };
  const texts = schemas.map(text => bytes(text, 'a schema')!);
  const known = new Map(texts.map(each => [sha256(each), each] as const));
  const outside = { schemas: known, trustFiles, governance: governing, links, submodules };
  return { source, paths, trust: from, now, capsules, past, removed: gone, ...outside };
}
