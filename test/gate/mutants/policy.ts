import { encodeBase64 } from '../../../src/base/base64.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import { policyDigest } from '../../../src/trust/policy/parse.ts';
import type { SigningKey } from '../../../src/trust/private-key.ts';
import { waiverMessage } from '../../../src/trust/waivers/encode.ts';
import type { Waiver, WaiverEntry, WaiversDocument } from '../../../src/trust/waivers/model.ts';
import type { Subject } from './capsule.ts';
import { CHANGES, type Mutation, type Operator } from './operator.ts';
import { makeRoot } from './roots.ts';

/** No original meets the rule. */
function policyOf(change: JsonObject = {}): JsonObject {
  const scopes = [{ namespace: '*', level: 'enforce' }];
  return {
    version: 1,
    rules: [
      { id: 'driver', why: 'because', scopes, demand: { types: ['driver'] }, waivable: true, ...change },
    ],
  };
}

const WAIVER: Waiver = {
  id: 'one',
  check: 'policy/driver',
  capsule: 'user.ada.counter',
  reason: 'it is no driver',
  owner: 'ada',
  expires: '2026-12-31T00:00:00Z',
};

/** A subject under a root of these two, whose policy it does not meet, which they waived. */
export function governed(subject: Subject, ada: SigningKey, bob: SigningKey): Subject {
  return {
    ...subject,
    trust: makeRoot(ada, bob, policyDigest(policyOf())),
    policy: bytesOf(policyOf()),
    waivers: listed(signed(WAIVER, ada, bob)),
  };
}

/** What policy and waivers say, without their layout; undefined for what is neither. */
export function governanceFacts({ policy, waivers }: Subject): string | undefined {
  try {
    return JSON.stringify([policy, waivers].map(each => each && sorted(JSON.parse(each.toString('utf8')))));
  } catch {
    return undefined;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return members.map(([name, member]) => [name, sorted(member)]);
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

function listed(...waivers: readonly unknown[]): Buffer {
  return bytesOf({ version: 1, waivers });
}

function signed(waiver: Waiver, ...keys: readonly SigningKey[]): WaiverEntry {
  const signatures = keys.map(key => ({
    public_key: key.public.base64,
    sig: encodeBase64(key.sign(waiverMessage(waiver))),
  }));
  return { waiver, signatures };
}

type Governed = Omit<Subject, 'policy' | 'waivers'> & { readonly policy: Buffer; readonly waivers: Buffer };

function on(
  name: string,
  edit: (subject: Governed, mutation: Mutation) => Partial<Subject> | undefined,
): Operator {
  return {
    name,
    apply: (subject, mutation) => {
      if (!subject.policy || !subject.waivers) return undefined;
      const changed = edit(subject as Governed, mutation);
      return changed && { ...subject, ...changed };
    },
  };
}

/** Another policy than the pinned one. */
function swapped(name: string, change: JsonObject): Operator {
  return on(`policy: ${name}`, () => ({ policy: bytesOf(policyOf(change)) }));
}

/** A change of the waiver, under the signatures that are there. */
function edited(name: string, change: Partial<Waiver>): Operator {
  return on(`waiver: edited, ${name}`, subject => {
    const { waivers } = JSON.parse(subject.waivers.toString('utf8')) as WaiversDocument;
    return { waivers: listed({ ...waivers[0]!, waiver: { ...waivers[0]!.waiver, ...change } }) };
  });
}

/** Another waiver, well signed, that is not for this. */
function other(name: string, change: Partial<Waiver>): Operator {
  return on(`waiver: ${name}`, (_, { originals: { ada, bob } }) => ({
    waivers: listed(signed({ ...WAIVER, ...change }, ada, bob)),
  }));
}

function resigned(name: string, sign: (originals: Mutation['originals']) => WaiverEntry): Operator {
  return on(`waiver: ${name}`, (_, { originals }) => ({ waivers: listed(sign(originals)) }));
}

const BYTES: readonly Operator[] = Object.entries(CHANGES).flatMap(([what, change]) =>
  (['policy', 'waivers'] as const).map(member =>
    on(`${member}: ${what}`, (subject, { random }) => {
      const bytes = change(subject[member], random);
      return bytes && { [member]: bytes };
    }),
  ),
);

export const POLICY_OPERATORS: readonly Operator[] = [
  ...BYTES,
  swapped('one that asks for nothing hard', { demand: { types: ['logic'] } }),
  swapped('one that only audits', { scopes: [{ namespace: '*', level: 'audit' }] }),
  swapped('one for others', { scopes: [{ namespace: 'acme.*', level: 'enforce' }] }),
  on('policy: none', () => ({ policy: undefined })),
  on('policy: none, and no waivers', () => ({ policy: undefined, waivers: undefined })),
  on('policy: pinned by a root that nobody signed anew', ({ trust }) => {
    const policy = policyOf({ demand: { types: ['logic'] } });
    const root = JSON.parse(trust) as { readonly signed: object };
    const pinned = { ...root.signed, policy: policyDigest(policy) };
    return { policy: bytesOf(policy), trust: JSON.stringify({ ...root, signed: pinned }) };
  }),
  on('policy: no longer pinned by a root that nobody signed anew', ({ trust }) => {
    const { signed: before, ...root } = JSON.parse(trust) as { readonly signed: Record<string, unknown> };
    const { policy: _, ...without } = before;
    return { policy: undefined, trust: JSON.stringify({ ...root, signed: without }) };
  }),
  on('policy: pinned, and the rule cannot be waived', (_, { originals: { ada, bob } }) => {
    const policy = policyOf({ waivable: false });
    return { policy: bytesOf(policy), trust: makeRoot(ada, bob, policyDigest(policy)) };
  }),
  on('policy: pinned, and covers others', (_, { originals: { ada, bob } }) => {
    const policy = policyOf({ scopes: [{ namespace: 'acme.*', level: 'audit' }] });
    return { policy: bytesOf(policy), trust: makeRoot(ada, bob, policyDigest(policy)) };
  }),
  on('waiver: none', () => ({ waivers: undefined })),
  edited('a later expiry', { expires: '2099-01-01T00:00:00Z' }),
  edited('another reason', { reason: 'because' }),
  edited('another owner', { owner: 'eve' }),
  edited('another id', { id: 'two' }),
  edited('for this version', { capsule_version: '1.2.3' }),
  other('for another capsule', { capsule: 'user.ada.other' }),
  other('for another version', { capsule_version: '1.2.4' }),
  other('for another content', { tree: `sha256:${'0'.repeat(64)}` }),
  other('for another check', { check: 'policy/drive' }),
  other('for the check above', { check: 'policy.rules' }),
  other('that has expired', { expires: '2026-05-31T23:59:59Z' }),
  other('without a reason', { reason: '' }),
  resigned('by one alone', ({ ada }) => signed(WAIVER, ada)),
  resigned('by one, twice', ({ ada }) => signed(WAIVER, ada, ada)),
  resigned('by one and a stranger', ({ ada, stranger }) => signed(WAIVER, ada, stranger)),
  resigned("with a stranger's signature under a key that may", ({ ada, bob, stranger }) => {
    const [own, foreign] = signed(WAIVER, ada, stranger).signatures;
    return { waiver: WAIVER, signatures: [own!, { ...foreign!, public_key: bob.public.base64 }] };
  }),
  resigned('with signatures under swapped keys', ({ ada, bob }) => {
    const { signatures } = signed(WAIVER, ada, bob);
    return {
      waiver: WAIVER,
      signatures: signatures.map((each, index) => ({ ...each, sig: signatures[1 - index]!.sig })),
    };
  }),
  resigned('with a third signature that does not hold', ({ ada, bob, stranger, nobody }) => {
    const { signatures } = signed(WAIVER, ada, bob);
    const [foreign] = signed(WAIVER, stranger).signatures;
    return { waiver: WAIVER, signatures: [...signatures, { ...foreign!, public_key: nobody.public.base64 }] };
  }),
];
