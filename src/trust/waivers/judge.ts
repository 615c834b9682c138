import { decodeBase64 } from '../../base/base64.ts';
import { formatUtc, parseUtc } from '../../base/time.ts';
import { signatureProblem } from '../ed25519.ts';
import { covers } from '../namespace.ts';
import { PublicKey } from '../public-key.ts';
import type { RootTrust } from '../root/model.ts';
import { tally } from '../root/tally.ts';
import { waiverMessage } from './encode.ts';
import type { WaivedSubject, Waiver, WaiverEntry } from './model.ts';

/** Why a waiver does not count, or those whose signatures make it count. */
export type WaiverJudgement =
  | { readonly by: readonly string[]; readonly problem?: undefined }
  | { readonly problem: string };

/** Whether a waiver is for this check of this capsule; says nothing about whether it counts. */
export function isAbout(waiver: Waiver, check: string, { id, version, tree }: WaivedSubject): boolean {
  const { capsule, namespace, capsule_version = version, tree: content = tree } = waiver;
  const named = capsule === undefined ? covers(namespace!, id) : capsule === id;
  return named && waiver.check === check && capsule_version === version && content === tree;
}

/**
 * Whether a waiver counts under a trust root for a capsule id, or for a whole namespace: each of its signatures holds, as many
 * principals of the delegation of `waive` signed as it asks for, and it has not expired at the time that the root is held against.
 */
export function judgeWaiver(entry: WaiverEntry, root: RootTrust | undefined, id: string): WaiverJudgement {
  const { waiver, signatures } = entry;
  if (!root) return { problem: 'there is no trust root that says who may waive' };
  if (root.problems.length > 0) return { problem: 'the trust root itself does not count' };
  if (root.now >= parseUtc(waiver.expires)!)
    return { problem: `it expired at ${waiver.expires}, and it is ${formatUtc(root.now)}` };
  const broken = brokenSignature(entry);
  if (broken) return { problem: broken };
  const keys = signatures.map(({ public_key }) => public_key);
  const { delegation, counted, missing } = tally(root.document.signed, 'waive', id, keys);
  if (!delegation) return { problem: `the trust root gives nobody the role waive for ${id}` };
  if (missing === 0) return { by: counted };
  const { threshold, namespace, principals } = delegation;
  const who = `${threshold} of: ${principals.join(', ') || 'nobody'} (${namespace})`;
  return { problem: `it takes ${who}, and those who signed and count are: ${counted.join(', ') || 'none'}` };
}

/** Signatures are looked at once, however many capsules a waiver is held against. */
const BROKEN = new WeakMap<WaiverEntry, string | false>();

function brokenSignature(entry: WaiverEntry): string | undefined {
  const known = BROKEN.get(entry) ?? findBroken(entry) ?? false;
  BROKEN.set(entry, known);
  return known === false ? undefined : known;
}

function findBroken({ waiver, signatures }: WaiverEntry): string | undefined {
  const message = waiverMessage(waiver);
  const bad = signatures.find(({ public_key, sig }) => {
    const bytes = decodeBase64(sig);
    return !bytes || signatureProblem(bytes) || !PublicKey.fromBase64(public_key).verifies(message, bytes);
  });
  return bad && `the signature of the key ${bad.public_key} does not hold`;
}
