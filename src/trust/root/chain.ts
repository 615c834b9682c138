import { decodeBase64 } from '../../base/base64.ts';
import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import { signatureProblem } from '../ed25519.ts';
import { PublicKey } from '../public-key.ts';
import { rootDigest, rootMessage } from './encode.ts';
import type { RootDocument, RootSignature, RootVersion, SignedRoot } from './model.ts';
import { versionsOf } from './parse.ts';
import { keyOwners } from './principals.ts';

/**
 * Why a root does not carry the authority that it claims, or nothing: the first version is signed by the threshold of its own root
 * principals, and every later one by that of the version before as well (The Update Framework, section 5.3).
 */
export function chainProblems(document: RootDocument, file: string): readonly Diagnostic[] {
  const versions = versionsOf(document);
  return versions.flatMap((version, index) => {
    const former = versions[index - 1]?.signed;
    const pointer = index < document.former.length ? `/former/${index}` : '';
    const place = { file, pointer: `${pointer}/signed` };
    const order = orderProblems(version.signed, former, index + 1, place);
    return order.length > 0 ? order : signatureProblems(version, former, { file, pointer });
  });
}

interface At {
  readonly file: string;
  readonly pointer: string;
}

function orderProblems(
  signed: SignedRoot,
  former: SignedRoot | undefined,
  version: number,
  place: At,
): Diagnostic[] {
  const facts: readonly (readonly [string, string, string])[] = [
    ['the versions of the trust root are out of order', String(version), String(signed.version)],
    [
      'this version does not continue the one before',
      former ? rootDigest(former) : 'none, for it is the first',
      signed.previous ?? (former ? 'no digest' : 'none, for it is the first'),
    ],
    ['the trust root changed its name', former?.name ?? signed.name, signed.name],
  ];
  const wrong = facts
    .filter(([, expected, found]) => expected !== found)
    .map(([message, expected, found]) => diagnose('VNES2062', message, { place, expected, found }));
  return [...wrong, ...takenBack(signed, former, place)];
}

/** A key that was lost once stays lost. */
function takenBack({ revoked }: SignedRoot, former: SignedRoot | undefined, place: At): Diagnostic[] {
  const still = new Set(revoked.map(({ public_key }) => public_key));
  return (former?.revoked ?? [])
    .filter(({ public_key }) => !still.has(public_key))
    .map(({ public_key, principal }) =>
      diagnose('VNES2062', `a key of ${principal} is no longer revoked`, {
        place,
        expected: `${public_key} among the revoked keys`,
        found: 'a list without it',
      }),
    );
}

/** Missing and bad signatures of one version, each group that has to sign on its own. */
export function signatureProblems(
  version: RootVersion,
  former: SignedRoot | undefined,
  { file, pointer }: At,
): Diagnostic[] {
  const { signed, signatures } = version;
  const place = { file, pointer: `${pointer}/signatures` };
  const message = rootMessage(signed);
  const bad = signatures.flatMap(signature => badSignature(signature, message, signed, former, place));
  if (bad.length > 0) return bad;
  return [signed, ...(former ? [former] : [])].flatMap(asked => lackOf(asked, signed, signatures, place));
}

function badSignature(
  { public_key, sig }: RootSignature,
  message: Uint8Array,
  signed: SignedRoot,
  former: SignedRoot | undefined,
  place: At,
): Diagnostic[] {
  const owner = rootOwner(public_key, signed) ?? (former && rootOwner(public_key, former));
  if (owner === undefined) {
    const expected = 'signatures by root principals only';
    return [
      diagnose('VNES2069', 'somebody signed the trust root who has no say in it', {
        place,
        expected,
        found: public_key,
      }),
    ];
  }
  const bytes = decodeBase64(sig);
  const problem = bytes ? signatureProblem(bytes) : 'broken base64';
  if (bytes && !problem && PublicKey.fromBase64(public_key, place).verifies(message, bytes)) return [];
  return [
    diagnose('VNES2069', `the signature of ${owner} under the trust root does not hold`, {
      place,
      expected: 'a canonical Ed25519 signature over this very version',
      found: problem ?? 'one over other bytes',
      help: 'have it signed again, or take the file from a commit that you trust',
    }),
  ];
}

/** The root principal whose key this is. */
function rootOwner(key: string, signed: SignedRoot): string | undefined {
  const owner = keyOwners(signed.principals).get(key);
  return owner !== undefined && signed.root.principals.includes(owner) ? owner : undefined;
}

function lackOf(
  asked: SignedRoot,
  signed: SignedRoot,
  signatures: readonly RootSignature[],
  place: At,
): Diagnostic[] {
  const { names, missing } = rootTally(asked, signatures);
  if (missing === 0) return [];
  const whose = asked === signed ? 'its own root principals' : `those of version ${asked.version}`;
  return [
    diagnose('VNES2061', `version ${signed.version} of the trust root is not signed by enough of ${whose}`, {
      place,
      expected: `${asked.root.threshold} of: ${asked.root.principals.join(', ')}`,
      found: names.length > 0 ? names.join(', ') : 'none of them',
      help: 'take the file from a commit that you trust; whoever changes it signs with vnes trust sign --key NAME',
    }),
  ];
}

/** Which root principals of `asked` signed, each once, and how many are missing. Says nothing about whether signatures hold. */
export function rootTally(
  asked: SignedRoot,
  signatures: readonly RootSignature[],
): { readonly names: readonly string[]; readonly missing: number } {
  const owners = signatures.flatMap(({ public_key }) => rootOwner(public_key, asked) ?? []);
  const names = [...new Set(owners)];
  return { names, missing: Math.max(0, asked.root.threshold - names.length) };
}
