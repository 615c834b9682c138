import { describe, expect, test } from 'vitest';
import { encodeBase64 } from '../../src/base/base64.ts';
import { parseUtc } from '../../src/base/time.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { proofText } from '../../src/trust/proof.ts';
import type { SignedRoot } from '../../src/trust/root/model.ts';
import type { TrustStore } from '../../src/trust/store.ts';
import { newKey, portsIn } from '../trust/capsules.ts';
import { signNow } from '../trust/sign-now.ts';
import { ours, theirs } from './checkers.ts';
import { at, type Edit, set, splice, ZERO } from './edits.ts';
import { CAPSULES, gate, provenIn } from './gate.ts';
import { firstVersion, nextVersion, rootDocument, trustIn } from './roots.ts';

const VERIFIER = { name: 'vnes', version: 'test' };
/** Of Ed25519's group (RFC 8032, section 5.1). */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function proofOf(folder: string, trust: TrustStore, names: readonly string[] = CAPSULES): string {
  return proofText(provenIn(folder, trust, names), { verifier: VERIFIER, trust });
}

interface Envelope {
  payload: string;
  signatures: { keyid?: string; sig: string }[];
}

const RECEIPT = 'receipt.stunir.json';
const FILE = { mode: '100644', sha256: ZERO, size: 1 };
const PROBLEM = { code: 'VNES2020', severity: 'error', message: 'a link' };
const CHECK = { id: 'layout', proves: 'x', result: 'pass' };

/** An edit of the receipt of the first capsule. */
function receipt(change: (envelope: Envelope) => void): Edit {
  return proof => {
    const documents = at(proof, 'capsules.0.documents') as Record<string, string>;
    const envelope = JSON.parse(Buffer.from(documents[RECEIPT]!, 'base64').toString()) as Envelope;
    change(envelope);
    documents[RECEIPT] = encodeBase64(Buffer.from(JSON.stringify(envelope)));
  };
}

function payload(from: string, to: string): Edit {
  return receipt(envelope => {
    const text = Buffer.from(envelope.payload, 'base64').toString();
    if (!text.includes(from)) throw new Error(`there is no ${from} in the payload`);
    envelope.payload = encodeBase64(Buffer.from(text.replace(from, to)));
  });
}

function signature(change: (sig: string) => string): Edit {
  return receipt(({ signatures: [one] }) => {
    one!.sig = change(one!.sig);
  });
}

/** S and S plus the order of the group are the same signature to a verifier that does not look. */
function malleable(sig: string): string {
  const bytes = Buffer.from(sig, 'base64');
  const scalar = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + ORDER;
  Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse().copy(bytes, 32);
  return encodeBase64(bytes);
}

/** Edits of a proof of two good capsules, and the status that both checkers must come to. */
const EDITS: readonly (readonly [what: string, status: number, edit: Edit])[] = [
  ['nothing', 0, () => {}],
  ['the payload of a receipt', 1, payload('"D0_bit_exact"', '"D1_numerically_stable"')],
  ['the time in the payload', 1, payload('"timestamp":"2', '"timestamp":"3')],
  ['a removed signature', 1, receipt(envelope => envelope.signatures.splice(0))],
  ['a removed receipt', 1, set(`capsules.0.documents`, RECEIPT, undefined)],
  ['a malleable signature', 1, signature(malleable)],
  ['a signature without its key id', 0, receipt(({ signatures: [one] }) => delete one!.keyid)],
  ['a signature that is none', 1, signature(() => `${'A'.repeat(86)}==`)],
  ['base64 of another spelling', 1, signature(sig => ` ${sig}`)],
  ['a changed namespace', 1, set('trust.keys.0', 'namespaces', ['user.bob.*'])],
  ['a namespace of half a segment', 1, set('trust.keys.0', 'namespaces', ['user.ad.*'])],
  ['a narrower namespace', 1, set('trust.keys.0', 'namespaces', ['user.ada.a_good'])],
  ['no trusted keys', 1, set('trust', 'keys', [])],
  ['another key', 1, set('trust.keys.0', 'public_key', newKey().public.base64)],
  ['a key of small order', 2, set('trust.keys.0', 'public_key', `MCowBQYDK2VwAyEA${'A'.repeat(43)}=`)],
  ['the name of a key', 1, set('trust.keys.0', 'name', 'mallory')],
  ['a problem of the trust', 2, set('trust', 'problems', [PROBLEM])],
  ['a time that nothing depends on', 2, set('', 'time', '2026-01-01T00:00:00Z')],
  ['the digest of a file', 1, set('capsules.0.files.0', 'sha256', ZERO)],
  ['the mode of a file', 1, set('capsules.0.files.0', 'mode', '100755')],
  ['the digest of the manifest', 2, set('capsules.0.files.2', 'sha256', ZERO)],
  ['a removed file', 1, splice('capsules.0.files', 0, 1)],
  ['an added file', 1, splice('capsules.0.files', 4, 0, { ...FILE, path: 'zzz' })],
  ['a file twice', 2, splice('capsules.0.files', 0, 0, { ...FILE, path: 'impl/capsule.bin' })],
  ['files out of order', 2, splice('capsules.0.files', 0, 0, { ...FILE, path: 'zzz' })],
  ['a file above the capsule', 2, splice('capsules.0.files', 0, 0, { ...FILE, path: '../x' })],
  ['file names that fold to one', 2, splice('capsules.0.files', 0, 0, { ...FILE, path: 'MANIFEST.json' })],
  ['no files', 2, set('capsules.0', 'files', [])],
  ['the bytes of the manifest', 2, set('capsules.0.documents', 'manifest.json', 'e30=')],
  ['a problem on disk', 1, set('capsules.0', 'problems', [PROBLEM])],
  ['the verdict', 1, set('capsules.0.verdict', 'admitted', false)],
  ['the tree digest', 1, set('capsules.0.verdict', 'tree', ZERO)],
  ['the signers', 1, set('capsules.0.verdict', 'signers', ['mallory'])],
  ['the id', 1, set('capsules.0.verdict', 'id', 'user.ada.other')],
  ['the result of a check', 1, set('capsules.0.verdict.checks.4', 'result', 'fail')],
  ['a removed check', 1, splice('capsules.0.verdict.checks', 3, 1)],
  ['a check too many', 1, splice('capsules.0.verdict.checks', 0, 0, CHECK)],
  ['a folder shown otherwise', 1, set('capsules.0', 'folder', 'elsewhere')],
  ['a capsule less', 1, splice('capsules', 0, 1)],
  ['no capsules', 2, set('', 'capsules', [])],
  ['the totals', 1, set('totals', 'verified', 3)],
  ['the format', 2, set('', 'format', 'https://stunir.io/vnes/proof/v2')],
];

describe('both checkers, which share no code,', () => {
  test('agree on every edit of a proof', async () => {
    const { folder, trust } = gate();
    const good = proofOf(folder, trust, ['a_good', 'f_good']);
    const texts = EDITS.map(([, , edit]) => {
      const proof = JSON.parse(good) as object;
      edit(proof);
      return JSON.stringify(proof);
    });
    const others = theirs(texts);
    for (const [index, text] of texts.entries()) {
      const [what, status] = EDITS[index]!;
      const own = await ours(text);
      expect({ what, status: own.status }).toEqual({ what, status });
      expect({ what, ...others[index]! }).toEqual({ what, ...own });
    }
  });

  test('agree on refused capsules, and on edits that would have them admitted', async () => {
    const { folder, trust } = gate();
    const mixed = proofOf(folder, trust);
    const edits: readonly Edit[] = [
      () => {},
      ...CAPSULES.map((_, capsule): Edit => set(`capsules.${capsule}.verdict`, 'admitted', true)),
      ...CAPSULES.map(
        (_, capsule): Edit =>
          proof => {
            set(`capsules.${capsule}.verdict`, 'admitted', true)(proof);
            for (const check of Object.values(at(proof, `capsules.${capsule}.verdict.checks`)))
              set('', 'result', 'pass')(check as object);
          },
      ),
    ];
    const texts = edits.map(edit => {
      const proof = JSON.parse(mixed) as object;
      edit(proof);
      return JSON.stringify(proof);
    });
    const opinions = await Promise.all(texts.map(ours));
    expect(theirs(texts)).toEqual(opinions);
    for (const { status, admitted } of opinions) {
      expect(status).toBe(1);
      expect(admitted).toEqual(['a_good', 'f_good']);
    }
  });

  test('refuse what is no JSON of ours', async () => {
    const { folder, trust } = gate();
    const good = proofOf(folder, trust, ['a_good']);
    const texts = [
      '',
      'null',
      '[]',
      `\ufeff${good}`,
      good.replace('{', '{"format":"x",'),
      good.replace('"size":', '"size":NaN,"size":'),
      good.slice(0, -2),
      '['.repeat(100_000),
    ];
    const opinions = await Promise.all(texts.map(ours));
    expect(opinions.map(({ status }) => status)).toEqual(texts.map(() => 2));
    expect(theirs(texts).map(({ status }) => status)).toEqual(texts.map(() => 2));
  });
});

type Versions = readonly (readonly [SignedRoot, ...SigningKey[]])[];

describe('under a trust root, both checkers', () => {
  const now = parseUtc('2027-06-01T00:00:00Z')!;
  const build = (principals: string[], threshold: number, namespace = 'user.ada.*') => ({
    role: 'build' as const,
    namespace,
    principals,
    threshold,
  });

  test('agree on thresholds, roles, rotation, revocation and expiry', async () => {
    const { folder, key, at } = gate();
    const [owner, second, third] = [newKey(), newKey(), newKey()];
    signNow(at('f_good'), 'f_good', second, portsIn(folder), { add: true });
    const people = { ada: key, bob: second };
    const one = firstVersion(owner, people, [build(['ada'], 1)]);
    const two = firstVersion(owner, people, [build(['ada', 'bob'], 2)]);
    const handed = nextVersion(one, {
      principals: [...one.principals, { name: 'heir', keys: [third.public.base64] }],
      root: { principals: ['heir'], threshold: 1 },
    });
    const revoked = nextVersion(one, {
      principals: one.principals.map(each => (each.name === 'ada' ? { ...each, keys: [] } : each)),
      revoked: [{ public_key: key.public.base64, principal: 'ada', reason: 'lost' }],
    });
    const deploy = { ...build(['bob'], 1), role: 'deploy' as const };
    const CASES: readonly (readonly [string, number, Versions, string[]])[] = [
      ['one builder', 0, [[one, owner]], ['a_good', 'f_good']],
      ['two builders asked', 1, [[two, owner]], ['f_good']],
      ['nobody signed the root', 1, [[one]], []],
      ['a stranger signed the root too', 1, [[one, owner, third]], []],
      [
        'handed over',
        0,
        [
          [one, owner],
          [handed, owner, third],
        ],
        ['a_good', 'f_good'],
      ],
      [
        'taken over',
        1,
        [
          [one, owner],
          [handed, third],
        ],
        [],
      ],
      ['a lost version', 1, [[nextVersion(handed, {}), owner]], []],
      [
        'a revoked key',
        1,
        [
          [one, owner],
          [revoked, owner],
        ],
        [],
      ],
      [
        'a namespace of somebody else',
        1,
        [[firstVersion(owner, people, [build(['ada'], 1), build(['bob'], 1, 'user.ada.a_good')]), owner]],
        ['f_good'],
      ],
      [
        'a role that only some have',
        1,
        [[firstVersion(owner, people, [build(['ada'], 1), deploy], ['build', 'deploy']), owner]],
        ['f_good'],
      ],
      [
        'a role that nobody has',
        1,
        [[firstVersion(owner, people, [build(['ada'], 1)], ['build', 'deploy']), owner]],
        [],
      ],
    ];
    const texts = CASES.map(([, , versions]) =>
      proofOf(folder, trustIn(rootDocument(...versions), now), ['a_good', 'f_good']),
    );
    const others = theirs(texts);
    for (const [index, text] of texts.entries()) {
      const [what, status, , admitted] = CASES[index]!;
      expect({ what, ...(await ours(text)) }).toEqual({ what, status, admitted });
      expect({ what, ...others[index]! }).toEqual({ what, status, admitted });
    }
  });

  test('agree on edits of the root, and on another time', async () => {
    const { folder, key } = gate();
    const owner = newKey();
    const document = rootDocument([firstVersion(owner, { ada: key }, [build(['ada'], 1)]), owner]);
    const good = proofOf(folder, trustIn(document, now), ['a_good']);
    const late = proofOf(folder, trustIn(document, parseUtc('2030-01-01T00:00:00Z')!), ['a_good']);
    const texts = [
      good,
      late,
      good.replace('"time":"2027', '"time":"2031'),
      late.replace('"time":"2030', '"time":"2027'),
      good.replace('"expires":"2030', '"expires":"2040'),
      good.replaceAll('"user.ada.*"', '"user.*"'),
      good.replace(owner.public.base64, newKey().public.base64),
    ];
    const opinions = await Promise.all(texts.map(ours));
    expect(opinions.map(({ status }) => status)).toEqual([0, 1, 2, 1, 2, 2, 2]);
    expect(theirs(texts)).toEqual(opinions);
  });
});
