import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { parseJson } from '../../base/json.ts';
import { writeAtomically } from '../../base/write-file.ts';
import type { PolicyDocument } from '../policy/model.ts';
import { parsePolicy, policyDigest } from '../policy/parse.ts';
import { POLICY_FILE } from '../trust-places.ts';
import type { SignedRoot } from './model.ts';

/** The policy beside a root, and the one that a draft of the root pins. */
export function policyFiles(rootFile: string): { readonly file: string; readonly draftFile: string } {
  const file = path.join(path.dirname(rootFile), POLICY_FILE);
  return { file, draftFile: file.replace(/\.json$/, '.draft.json') };
}

/** The policy that a version pins, if it lies beside the root or its draft; undefined otherwise. */
export function pinnedPolicy(rootFile: string, { policy }: SignedRoot): PolicyDocument | undefined {
  const { file, draftFile } = policyFiles(rootFile);
  if (policy === undefined) return undefined;
  const found = [file, draftFile].find(each => digestOf(each) === policy);
  if (found === undefined) return undefined;
  const bytes = readFileSync(found);
  return parsePolicy(parseJson(bytes, { file: found }), bytes, found);
}

/**
 * Puts the policy that a version pins where it is looked for, or takes the former one away, before that version takes its own place:
 * whoever is interrupted in between is left with a root and a policy that do not fit, under which nothing is admitted, and can sign
 * again. @throws Failure VNES2070 when the policy is not here.
 */
export function placePolicy(rootFile: string, former: SignedRoot | undefined, signed: SignedRoot): void {
  const { file, draftFile } = policyFiles(rootFile);
  const { policy } = signed;
  if (policy === undefined) {
    if (former?.policy !== undefined && digestOf(file) === former.policy) rmSync(file);
    return;
  }
  if (digestOf(file) === policy) return;
  if (digestOf(draftFile) === policy) {
    writeAtomically(file, readFileSync(draftFile));
    return;
  }
  fail('VNES2070', 'the policy that this version pins is not here', {
    place: { file: draftFile },
    expected: policy,
    found: digestOf(draftFile) ?? 'no such file',
    help: 'fetch it with the draft of the root; or pin another one: vnes trust policy FILE',
  });
}

/** After the version is in its place, its policy is no draft any more. */
export function dropPolicyDraft(rootFile: string): void {
  rmSync(policyFiles(rootFile).draftFile, { force: true });
}

function digestOf(file: string): Digest | undefined {
  return existsSync(file) ? policyDigest(parseJson(readFileSync(file), { file })) : undefined;
}
