import { encodeBase64 } from '../../../src/base/base64.ts';
import type { Digest } from '../../../src/base/digest.ts';
import type { SigningKey } from '../../../src/trust/private-key.ts';
import { firstVersion, nextVersion } from '../../../src/trust/root/edit.ts';
import { rootMessage, rootText } from '../../../src/trust/root/encode.ts';
import type { RootDocument, RootVersion, SignedRoot } from '../../../src/trust/root/model.ts';
import type { Mutation, Operator } from './operator.ts';

/** The time that roots are held against, in milliseconds since 1970. */
export const NOW = Date.UTC(2026, 5, 1);

/**
 * The second version of a trust root that these two keys have to sign, as they have to sign each capsule. With a policy, they have to
 * waive together too.
 */
export function makeRoot(ada: SigningKey, bob: SigningKey, policy?: Digest): string {
  const first = firstVersion({
    name: 'acme',
    principals: [
      { name: 'ada', keys: [ada.public.base64] },
      { name: 'bob', keys: [bob.public.base64] },
    ],
    threshold: 2,
    namespaces: ['user.ada.*'],
    require: ['build'],
    expires: '2026-12-31T00:00:00Z',
  });
  const waive = { ...first.delegations[0]!, role: 'waive' as const };
  const governed = policy ? { policy, delegations: [...first.delegations, waive] } : {};
  const second = { ...nextVersion(first), ...governed, expires: '2027-01-01T00:00:00Z' };
  const document = { ...signed(second, ada, bob), former: [signed(first, ada, bob)] };
  return rootText(document);
}

function signed(root: SignedRoot, ...keys: readonly SigningKey[]): RootVersion {
  return { signed: root, signatures: keys.map(key => signatureOf(key, root)) };
}

function signatureOf(key: SigningKey, root: SignedRoot) {
  return { public_key: key.public.base64, sig: encodeBase64(key.sign(rootMessage(root))) };
}

/** What a root says, without what does not count: the layout of the text and the order of signatures. */
export function rootFacts(text: string): string | undefined {
  try {
    const document = JSON.parse(text) as RootDocument;
    const versions = [...document.former, { signed: document.signed, signatures: document.signatures }];
    return JSON.stringify(
      versions.map(({ signed, signatures }) => [
        sorted(signed),
        signatures.map(each => JSON.stringify(sorted(each))).sort(),
      ]),
    );
  } catch {
    return undefined;
  }
}

/** The value with the members of its objects in one order. */
function sorted<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(sorted) as Value;
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)])) as Value;
}

function edited(
  name: string,
  edit: (root: RootDocument, mutation: Mutation) => RootDocument | undefined,
  refused?: true,
): Operator {
  return {
    name: `root: ${name}`,
    apply: (subject, mutation) => {
      const root = JSON.parse(subject.trust) as Partial<RootDocument>;
      const changed = root.signed && edit(root as RootDocument, mutation);
      return changed && { ...subject, trust: rootText(changed) };
    },
    ...(refused ? { refused } : {}),
  };
}

/** A change of what is signed, under the signatures that are there. */
function content(
  name: string,
  change: (root: SignedRoot, mutation: Mutation) => Partial<SignedRoot>,
): Operator {
  return edited(name, (root, mutation) => ({
    ...root,
    signed: { ...root.signed, ...change(root.signed, mutation) },
  }));
}

export const ROOT_OPERATORS: readonly Operator[] = [
  content('a lower threshold', ({ root }) => ({ root: { ...root, threshold: 1 } })),
  content('a threshold of nobody', ({ root }) => ({ root: { ...root, threshold: 0 } })),
  content('a delegation that takes one', ({ delegations }) => ({
    delegations: delegations.map(each => ({ ...each, threshold: 1 })),
  })),
  content('a wider delegation', ({ delegations }) => ({
    delegations: delegations.map(each => ({ ...each, namespace: 'user.*' })),
  })),
  content('nothing required', () => ({ require: [] })),
  content('a later expiry', () => ({ expires: '2099-01-01T00:00:00Z' })),
  content('another version', ({ version }, { random }) => ({
    version: version + random.pick([-1, 1, 1000]),
  })),
  content('another name', () => ({ name: 'evil' })),
  content('one more key', ({ principals }, { originals }) => ({
    principals: principals.map((each, index) =>
      index === 0 ? { ...each, keys: [...each.keys, originals.nobody.public.base64] } : each,
    ),
  })),
  content('another former version', () => ({ previous: `sha256:${'0'.repeat(64)}` })),
  content('a revoked signer', ({ principals }) => ({
    revoked: [{ public_key: principals[0]!.keys[0]!, reason: 'x' }] as unknown as SignedRoot['revoked'],
  })),
  edited('a signature less', root => ({ ...root, signatures: root.signatures.slice(1) })),
  edited('no signatures', root => ({ ...root, signatures: [] })),
  edited('one signature, twice', root => ({
    ...root,
    signatures: [root.signatures[0]!, root.signatures[0]!],
  })),
  edited('a signature under the key of another', root => ({
    ...root,
    signatures: root.signatures.map((each, index) => ({ ...each, sig: root.signatures[1 - index]!.sig })),
  })),
  edited("a stranger's signature instead of one", (root, { originals }) => ({
    ...root,
    signatures: [root.signatures[0]!, signatureOf(originals.nobody, root.signed)],
  })),
  edited('signatures of the former version', root => ({ ...root, signatures: root.former[0]!.signatures })),
  edited('without its former version', root => ({ ...root, former: [] })),
  edited('its former version twice', root => ({ ...root, former: [...root.former, ...root.former] })),
  edited('a former version with a signature less', root => ({
    ...root,
    former: root.former.map(each => ({ ...each, signatures: each.signatures.slice(1) })),
  })),
  edited(
    'a next version that the old principals did not sign',
    (root, { originals: { nobody, stranger } }) => {
      const principals = [nobody, stranger].map((key, index) => ({
        name: root.signed.principals[index]!.name,
        keys: [key.public.base64],
      }));
      const next = { ...nextVersion(root.signed), principals };
      const { signed: current, signatures } = root;
      return { ...signed(next, nobody, stranger), former: [...root.former, { signed: current, signatures }] };
    },
  ),
  edited('expired', (root, { originals: { ada, bob } }) => {
    const { signed: current, signatures } = root;
    const next = { ...nextVersion(current), expires: '2026-05-31T23:59:59Z' };
    return { ...signed(next, ada, bob), former: [...root.former, { signed: current, signatures }] };
  }),
  edited('no more namespaces', (root, { originals: { ada, bob } }) => {
    const { signed: current, signatures } = root;
    const next = {
      ...nextVersion(current),
      delegations: current.delegations.map(each => ({ ...each, namespace: 'user.adam.*' })),
    };
    return { ...signed(next, ada, bob), former: [...root.former, { signed: current, signatures }] };
  }),
];
