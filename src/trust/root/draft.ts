import { existsSync, readFileSync, rmSync } from 'node:fs';
import { encodeBase64 } from '../../base/base64.ts';
import { type Diagnostic, Failure, fail } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { writeAtomically } from '../../base/write-file.ts';
import { type Signer, signatureBy } from '../signer.ts';
import { chainProblems, rootTally } from './chain.ts';
import { nextVersion } from './edit.ts';
import { rootDigest, rootMessage, rootText } from './encode.ts';
import { loadRoot, type RootOptions, type RootSource } from './load.ts';
import type { RootDocument, RootTrust, SignedRoot } from './model.ts';
import { parseRoot, versionsOf } from './parse.ts';
import { dropPolicyDraft, placePolicy } from './policy-files.ts';
import { keyOwners } from './principals.ts';
import { isRoot } from './shape.ts';

/**
 * A root's next version while it lacks signatures. It lies beside the root, so that the root in force stays in force, and takes its
 * place once enough have signed.
 */
export interface Workshop {
  readonly file: string;
  readonly draftFile: string;
  /** The root in force, or out of date; none before the first version is signed. */
  readonly root?: RootTrust;
  readonly draft?: RootDocument;
}

/**
 * The root in `file` and its draft. A root that only has expired can still be renewed.
 * @throws Failure with everything that is wrong with either.
 */
export function openWorkshop(file: string, options: RootOptions): Workshop {
  const draftFile = `${file.replace(/\.json$/, '')}.draft.json`;
  const root = existsSync(file) ? loadRoot(readRoot(file), options) : undefined;
  const [first, ...more] = root?.problems.filter(({ code }) => code !== 'VNES2063') ?? [];
  if (first) throw new Failure(first, ...more);
  const draft = existsSync(draftFile) ? readDraft(draftFile, root) : undefined;
  return { file, draftFile, ...(root ? { root } : {}), ...(draft ? { draft } : {}) };
}

function readRoot(file: string): RootSource {
  const bytes = readBytes(file);
  const value = parseJson(bytes, { file });
  if (isRoot(value)) return { file, bytes, value };
  return fail('VNES2070', 'this is no trust root', {
    place: { file },
    expected: 'a trust root',
    found: 'something else, such as a list of keys that nobody signed',
    help: 'move it away and begin a root: vnes trust init NAME --key KEY --namespace PATTERN',
  });
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    return fail('VNES1010', 'the trust root cannot be read', {
      place: { file },
      expected: 'a readable file',
      found,
    });
  }
}

function readDraft(file: string, root: RootTrust | undefined): RootDocument {
  const { value, bytes } = readRoot(file);
  const draft = parseRoot(value, bytes, file);
  const before = draft.former.at(-1);
  const expected = root?.digest ?? 'no version before it';
  const found = before ? rootDigest(before.signed) : 'no version before it';
  if (expected === found) return draft;
  return fail('VNES2070', 'the draft does not continue the trust root that is here', {
    place: { file, pointer: '/former' },
    expected,
    found,
    help: `make the change again: rm ${file}`,
  });
}

/** What to edit: the draft, or else the version after the one in force. @throws Failure VNES2070 when there is neither. */
export function editable({ file, root, draft }: Workshop): SignedRoot {
  if (draft) return draft.signed;
  if (root) return nextVersion(root.document.signed);
  return fail('VNES2070', 'there is no trust root here', {
    place: { file },
    expected: 'a trust root',
    found: 'no such file',
    help: 'begin one: vnes trust init NAME --key KEY --namespace PATTERN',
  });
}

/**
 * What was drafted, with the version before it and without signatures: they were over other bytes.
 * @throws Failure for what could not be read again: VNES1011, VNES2033, VNES2060.
 */
export function drafted({ root, draftFile }: Workshop, signed: SignedRoot): RootDocument {
  const document = { signed, signatures: [], former: root ? versionsOf(root.document) : [] };
  const bytes = Buffer.from(rootText(document), 'utf8');
  return parseRoot(parseJson(bytes, { file: draftFile }), bytes, draftFile);
}

/** With this signer's signature. @throws Failure VNES2070 for a key that has no say, and what the signer throws. */
export async function signedBy(document: RootDocument, signer: Signer, file: string): Promise<RootDocument> {
  const { signed, former, signatures } = document;
  const public_key = signer.public.base64;
  const groups = [signed, ...former.slice(-1).map(version => version.signed)];
  const entitled = groups.some(({ principals, root }) => {
    const owner = keyOwners(principals).get(public_key);
    return owner !== undefined && root.principals.includes(owner);
  });
  if (!entitled) {
    const names = [...new Set(groups.flatMap(({ root }) => root.principals))];
    fail('VNES2070', 'this key has no say in the trust root', {
      place: { file },
      expected: `a key of one of: ${names.join(', ')}`,
      found: public_key,
      help: 'choose one with --key NAME',
    });
  }
  const sig = encodeBase64(await signatureBy(signer, rootMessage(signed)));
  const others = signatures.filter(each => each.public_key !== public_key);
  return { ...document, signatures: [...others, { public_key, sig }] };
}

/** Who still has to sign a draft, by group: its own root principals, and those of the version before. */
export function openSignatures({ signed, signatures, former }: RootDocument): readonly {
  readonly version: number;
  readonly missing: number;
  readonly of: readonly string[];
}[] {
  return [signed, ...former.slice(-1).map(version => version.signed)]
    .map(asked => {
      const { names, missing } = rootTally(asked, signatures);
      const of = asked.root.principals.filter(name => !names.includes(name));
      return { version: asked.version, missing, of };
    })
    .filter(({ missing }) => missing > 0);
}

/**
 * Saves a draft; as the root itself once enough have signed. Returns whether it is in force now.
 * With the root its policy takes its place.
 * @throws Failure with what is wrong beyond missing signatures; nothing is written then.
 */
export function saveDraft({ file, draftFile, root }: Workshop, document: RootDocument): boolean {
  const problems = chainProblems(document, draftFile);
  const [first, ...more] = problems.filter(({ code }: Diagnostic) => code !== 'VNES2061');
  if (first) throw new Failure(first, ...more);
  const complete = problems.length === 0;
  if (complete) placePolicy(file, root?.document.signed, document.signed);
  writeAtomically(complete ? file : draftFile, rootText(document));
  if (complete) rmSync(draftFile, { force: true });
  if (complete) dropPolicyDraft(file);
  return complete;
}
