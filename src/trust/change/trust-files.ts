import { type Diagnostic, diagnose, Failure } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { rootDigest } from '../root/encode.ts';
import { loadRoot } from '../root/load.ts';
import type { RootDocument, RootTrust } from '../root/model.ts';
import { versionsOf } from '../root/parse.ts';
import { isRoot } from '../root/shape.ts';
import { TRUST_FILE } from '../trust-places.ts';
import type { GitFacts, TrustFileFacts } from './facts.ts';

/**
 * Whether a trust file may become another by a change that anybody can propose: only a trust root that continues the one before,
 * signed by the threshold of the old root principals and of the new ones, and in force at `now` (milliseconds since 1970).
 * What no file was, or is, is null.
 */
export function trustChangeProblems(
  { path: file, before, after }: TrustFileFacts,
  now: number,
): readonly Diagnostic[] {
  try {
    const old = before && rootOf(before, file, now)?.document;
    const next = after && rootOf(after, file, now);
    if (!old || !next) return [refused(file, before, after)];
    if (next.problems.length > 0) return next.problems;
    return continues(next.document, old) ? [] : [otherLine(file, old, next.document)];
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics;
    throw error;
  }
}

/** The trust root that these bytes are; undefined for a list of keys. @throws Failure for what is neither */
export function rootOf(bytes: Uint8Array, file: string, now: number): RootTrust | undefined {
  const value = parseJson(bytes, { file });
  return isRoot(value) ? loadRoot({ file, bytes, value }, { now }) : undefined;
}

/** A root holds all its former versions: the old one must be among them. */
function continues(next: RootDocument, old: RootDocument): boolean {
  const then = versionsOf(next)[old.signed.version - 1];
  return then !== undefined && rootDigest(then.signed) === rootDigest(old.signed);
}

function otherLine(file: string, old: RootDocument, next: RootDocument): Diagnostic {
  return diagnose('VNES2405', 'the change replaces the trust root by one that does not continue it', {
    place: { file },
    expected: `a root that holds version ${old.signed.version} of ${old.signed.name} as it was`,
    found: `version ${next.signed.version} of ${next.signed.name}, without it`,
    help: 'restore the file, and change it with vnes trust',
  });
}

function refused(file: string, before: Uint8Array | null, after: Uint8Array | null): Diagnostic {
  const verb = before ? (after ? 'edits' : 'removes') : 'adds';
  return diagnose('VNES2405', `the change ${verb} a trust file`, {
    place: { file },
    expected: 'no change, or a trust root that continues the one before, signed by its root principals',
    found: 'a change that nobody vouches for',
    help: 'have it reviewed and merged on its own, past this gate, by those who may say who is trusted; or use a trust root: vnes trust init',
  });
}

/** A branch that left before a key was revoked must not bring back what that key signed. */
export function outdatedTrust({ source, trust }: GitFacts): readonly Diagnostic[] {
  const { base, target } = trust;
  if (trust.from !== 'base' || source.base === null || source.target === null) return [];
  if (base?.id === target?.id && base?.mode === target?.mode) return [];
  return [
    diagnose('VNES2406', 'who is trusted changed since this branch left', {
      place: { file: TRUST_FILE },
      expected: 'the trust file that it is to be merged into',
      found: `the one of the merge base, ${source.base.slice(0, 12)}`,
      help: `rebase or merge first, or judge by the newer file: --trust-from ${source.target.slice(0, 12)}`,
    }),
  ];
}
