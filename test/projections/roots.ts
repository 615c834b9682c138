import { encodeBase64 } from '../../src/base/base64.ts';
import type { JsonValue } from '../../src/base/json.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { rootDigest, rootMessage } from '../../src/trust/root/encode.ts';
import { rootKeys } from '../../src/trust/root/keys.ts';
import { loadRoot } from '../../src/trust/root/load.ts';
import type { RootDocument, SignedRoot } from '../../src/trust/root/model.ts';
import type { TrustStore } from '../../src/trust/store.ts';

/** What is signed of a root's first version: `owner` may change it, and the others sign capsules as `delegations` say. */
export function firstVersion(
  owner: SigningKey,
  signers: Readonly<Record<string, SigningKey>>,
  delegations: SignedRoot['delegations'],
  require: SignedRoot['require'] = ['build'],
): SignedRoot {
  const principals = Object.entries({ owner, ...signers });
  return {
    type: 'vnes-trust-root-v1',
    name: 'test',
    version: 1,
    expires: '2030-01-01T00:00:00Z',
    principals: principals.map(([name, key]) => ({ name, keys: [key.public.base64] })),
    root: { principals: ['owner'], threshold: 1 },
    require,
    delegations,
    revoked: [],
  };
}

/** The next version, with changes. */
export function nextVersion(signed: SignedRoot, changes: Partial<SignedRoot>): SignedRoot {
  return { ...signed, version: signed.version + 1, previous: rootDigest(signed), ...changes };
}

/** A root's file from its versions, each with those who sign it. */
export function rootDocument(
  ...versions: readonly (readonly [signed: SignedRoot, ...keys: SigningKey[]])[]
): RootDocument {
  const all = versions.map(([signed, ...keys]) => ({
    signed,
    signatures: keys.map(key => ({
      public_key: key.public.base64,
      sig: encodeBase64(key.sign(rootMessage(signed))),
    })),
  }));
  return { ...all.at(-1)!, former: all.slice(0, -1) };
}

/** Trust in a root at a time, as verify would have it. */
export function trustIn(document: RootDocument, now: number): TrustStore {
  const value = document as unknown as JsonValue;
  const bytes = Buffer.from(JSON.stringify(value));
  const root = loadRoot({ file: 'vnes.trust.json', bytes, value }, { now });
  const { problems } = root;
  return { files: [], root, problems, keys: problems.length > 0 ? [] : rootKeys(root.document.signed) };
}
