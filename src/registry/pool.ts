import { resolve } from 'node:path';
import { diagnose, Failure } from '../base/diagnostic.ts';
import { capsuleName } from '../capsule/manifest.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Verdict, VerifiedCapsule } from '../trust/verdict.ts';
import { verifyCapsule } from '../trust/verify.ts';

/** Capsules that may be chosen, by `id@version`, and the proof about those that may not. */
export interface Pool {
  readonly verified: ReadonlyMap<string, VerifiedCapsule>;
  readonly excluded: readonly Verdict[];
}

/**
 * Verifies folders; only what passes is a candidate. Copies of one capsule count once, under the first folder.
 * @throws Failure VNES4006 when two folders hold different content under one id and version.
 */
export function verifiedPool(folders: readonly string[], cwd: string, trust: TrustStore): Pool {
  const verified = new Map<string, VerifiedCapsule>();
  const excluded: Verdict[] = [];
  for (const folder of folders) {
    const { verdict, capsule } = verifyCapsule(resolve(cwd, folder), folder, trust);
    if (!capsule) {
      excluded.push(verdict);
      continue;
    }
    const name = capsuleName(capsule.manifest);
    const known = verified.get(name);
    if (known && known.tree !== capsule.tree) throw new Failure(twoOf(name, known, capsule));
    if (!known) verified.set(name, capsule);
  }
  return { verified, excluded };
}

function twoOf(name: string, one: VerifiedCapsule, other: VerifiedCapsule) {
  return diagnose('VNES4006', `${name} occurs twice, with different content`, {
    place: { file: other.verdict.folder },
    expected: `${one.tree}, as in ${one.verdict.folder}`,
    found: other.tree,
    help: 'leave one of them out, or give the newer one a new version and sign it again',
  });
}
