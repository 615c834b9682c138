import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeBase64 } from '../../src/base/base64.ts';
import { renewed, withKeys, withoutKeys, withSeat } from '../../src/trust/root/edit.ts';
import { rootDigest } from '../../src/trust/root/encode.ts';
import type { RootDocument, SignedRoot } from '../../src/trust/root/model.ts';
import { temporaryFolder } from './capsules.ts';
import { begun, codesOf, continued, KEYS, load, NOW, rootOf, signed } from './roots.ts';

const { ada, bob, cyd, eve } = KEYS;
const FIRST = rootOf(['ada', 'bob', 'cyd'], 2);
const ROOT = begun(signed(FIRST, ada, bob));
const same = (root: SignedRoot) => root;

describe('a trust root counts', () => {
  test('when its own threshold signed it', () => {
    const root = load(ROOT);
    expect(root.problems).toEqual([]);
    expect(root.id).toBe(rootDigest(FIRST));
    expect(root.digest).toBe(root.id);
  });

  test('through a rotation that old and new principals signed', () => {
    const next = continued(
      ROOT,
      root => withSeat(withKeys(root, 'eve', [eve.public.base64]), ['eve'], { role: 'root' }, 3),
      ada,
      bob,
      eve,
    );
    const later = continued(next, same, ada, bob, eve);
    expect(load(later).problems).toEqual([]);
    expect(load(later).id).toBe(rootDigest(FIRST));
    expect(load(later).digest).not.toBe(rootDigest(FIRST));
  });

  test('until the very second of its expiry', () => {
    const end = Date.UTC(2027, 0, 1);
    expect(codesOf(ROOT, { now: end - 1 })).toEqual([]);
    expect(codesOf(ROOT, { now: end })).toEqual(['VNES2063']);
  });

  test('in a later version even if a former one has expired', () => {
    const old = begun(signed({ ...FIRST, expires: '2026-01-01T00:00:00Z' }, ada, bob));
    expect(codesOf(old)).toEqual(['VNES2063']);
    expect(codesOf(continued(old, root => renewed(root, '2027-01-01T00:00:00Z'), ada, bob))).toEqual([]);
  });
});

/** Roots that must not count, and the code of the reason. */
const next = continued(ROOT, same, ada, bob);
const ONE_BY_TWO_KEYS: SignedRoot = {
  ...FIRST,
  principals: [
    { name: 'ada', keys: [ada.public.base64, eve.public.base64] },
    { name: 'bob', keys: [bob.public.base64] },
  ],
  root: { principals: ['ada', 'bob'], threshold: 2 },
  delegations: [{ role: 'build', namespace: 'user.ada.*', principals: ['ada'], threshold: 1 }],
};
const REVOKED = continued(ROOT, root => withoutKeys(root, 'cyd', [], 'lost'), ada, bob);
const first = (change: Partial<SignedRoot>) => begun(signed({ ...FIRST, ...change }, ada, bob));
const sig = ROOT.signatures[0]!;
const delegation = FIRST.delegations[0]!;

test.each<[string, unknown, string]>([
  ['nobody signed', begun(signed(FIRST)), 'VNES2061'],
  ['one signed too few', begun(signed(FIRST, ada)), 'VNES2061'],
  ['one principal signed with two keys', begun(signed(ONE_BY_TWO_KEYS, ada, eve)), 'VNES2061'],
  ['one key signed twice', { ...ROOT, signatures: [sig, sig] }, 'VNES2060'],
  ['a stranger signed', begun(signed(FIRST, ada, bob, eve)), 'VNES2069'],
  [
    'a principal who is not of the root signed',
    begun(signed({ ...FIRST, root: { principals: ['ada', 'bob'], threshold: 1 } }, ada, cyd)),
    'VNES2069',
  ],
  [
    'a signature is by another key than it says',
    { ...ROOT, signatures: [sig, { ...ROOT.signatures[1]!, sig: sig.sig }] },
    'VNES2069',
  ],
  ['a signature is over another version', { ...next, signatures: ROOT.signatures }, 'VNES2069'],
  [
    'a signature is all zeroes',
    { ...ROOT, signatures: [{ ...sig, sig: encodeBase64(Buffer.alloc(64)) }] },
    'VNES2069',
  ],
  [
    'the old threshold did not sign the next version',
    continued(ROOT, root => ({ ...root, root: { principals: ['ada'], threshold: 1 } }), ada),
    'VNES2061',
  ],
  [
    'the new threshold did not sign it',
    continued(
      ROOT,
      root => withSeat(withKeys(root, 'eve', [eve.public.base64]), ['eve'], { role: 'root' }, 3),
      ada,
      bob,
    ),
    'VNES2061',
  ],
  [
    'a version is left out',
    {
      ...continued(next, same, ada, bob),
      former: [ROOT].map(({ signed: s, signatures }) => ({ signed: s, signatures })),
    },
    'VNES2062',
  ],
  ['the former versions are gone', { ...next, former: [] }, 'VNES2062'],
  [
    'versions are in the wrong order',
    { ...continued(next, same, ada, bob), former: [...continued(next, same, ada, bob).former].reverse() },
    'VNES2062',
  ],
  ['a version has a number twice', continued(ROOT, root => ({ ...root, version: 1 }), ada, bob), 'VNES2062'],
  ['a number is skipped', continued(ROOT, root => ({ ...root, version: 3 }), ada, bob), 'VNES2062'],
  [
    'it does not name the version before',
    continued(ROOT, root => ({ ...root, previous: rootDigest(root) }), ada, bob),
    'VNES2062',
  ],
  [
    'the first version names one before',
    begun(signed({ ...FIRST, previous: rootDigest(FIRST) }, ada, bob)),
    'VNES2062',
  ],
  ['it changed its name', continued(ROOT, root => ({ ...root, name: 'other' }), ada, bob), 'VNES2062'],
  [
    'a revoked key is forgotten',
    continued(REVOKED, root => ({ ...root, revoked: [] }), ada, bob),
    'VNES2062',
  ],
  [
    'a revoked key is back',
    continued(REVOKED, root => ({ ...root, principals: FIRST.principals }), ada, bob),
    'VNES2060',
  ],
  ['a threshold is 0', first({ root: { principals: ['ada', 'bob'], threshold: 0 } }), 'VNES1011'],
  ['a threshold is negative', first({ delegations: [{ ...delegation, threshold: -1 }] }), 'VNES1011'],
  ['a threshold is broken', first({ delegations: [{ ...delegation, threshold: 1.5 }] }), 'VNES1011'],
  ['a threshold is out of reach', first({ root: { principals: ['ada', 'bob'], threshold: 3 } }), 'VNES2060'],
  ['the root principals have no keys', first({ root: { principals: [], threshold: 1 } }), 'VNES2060'],
  ['a role is unknown', first({ delegations: [{ ...delegation, role: 'admin' as 'build' }] }), 'VNES1011'],
  ['a principal is unknown', first({ delegations: [{ ...delegation, principals: ['zoe'] }] }), 'VNES2060'],
  ['a delegation is for everything', first({ delegations: [{ ...delegation, namespace: '*' }] }), 'VNES1011'],
  [
    'a delegation stands twice',
    first({ delegations: [delegation, { ...delegation, threshold: 1 }] }),
    'VNES2060',
  ],
  ['nothing is delegated', first({ delegations: [] }), 'VNES1011'],
  ['nothing is required', first({ require: [] }), 'VNES1011'],
  ['only deployment is required', first({ require: ['deploy'] }), 'VNES1011'],
  [
    'two principals share a key',
    first({ principals: [...FIRST.principals, { name: 'dan', keys: [ada.public.base64] }] }),
    'VNES2060',
  ],
  [
    'two principals share a name',
    first({ principals: [...FIRST.principals, { name: 'ada', keys: [] }] }),
    'VNES2060',
  ],
  [
    'a name is a path',
    first({ principals: [...FIRST.principals, { name: '../ada', keys: [] }] }),
    'VNES1011',
  ],
  [
    'a key is of small order',
    first({
      principals: [...FIRST.principals, { name: 'dan', keys: [`MCowBQYDK2VwAyEA${'A'.repeat(43)}=`] }],
    }),
    'VNES2033',
  ],
  [
    'a revoked key is of small order',
    first({ revoked: [{ public_key: `MCowBQYDK2VwAyEA${'A'.repeat(43)}=`, principal: 'ada', reason: 'x' }] }),
    'VNES2033',
  ],
  ['it expires on a day that does not exist', first({ expires: '2027-02-30T00:00:00Z' }), 'VNES2060'],
  ['it expires in another time zone', first({ expires: '2027-01-01T00:00:00+01:00' }), 'VNES1011'],
  ['it has a field that nobody knows', { ...ROOT, comment: '' }, 'VNES1011'],
  ['what is signed has a field that nobody knows', first({ comment: '' } as Partial<SignedRoot>), 'VNES1011'],
])('a trust root does not count when %s', (_, document, code) => {
  expect(codesOf(document)[0]).toBe(code);
});

describe('what was seen before', () => {
  const second = continued(ROOT, same, ada, bob);
  const memoryIn = (place?: string) => ({ folder: path.join(temporaryFolder(), 'roots'), place });

  test('an older version is refused, and the same or a newer one is not', () => {
    const memory = memoryIn();
    expect(codesOf(ROOT, { memory })).toEqual([]);
    expect(codesOf(second, { memory })).toEqual([]);
    expect(codesOf(second, { memory })).toEqual([]);
    expect(codesOf(ROOT, { memory })).toEqual(['VNES2064']);
  });

  test('another version of the same number is refused, also below a newer one', () => {
    const memory = memoryIn();
    const fork = continued(ROOT, root => renewed(root, '2027-06-01T00:00:00Z'), ada, bob);
    expect(codesOf(second, { memory })).toEqual([]);
    expect(codesOf(fork, { memory })).toEqual(['VNES2064']);
    expect(codesOf(continued(fork, same, ada, bob), { memory })).toEqual(['VNES2064']);
  });

  test('is saved only after verification', () => {
    const memory = memoryIn();
    expect(codesOf({ ...second, signatures: [] }, { memory })).toContain('VNES2061');
    expect(codesOf(second, { memory, now: Date.UTC(2030, 0, 1) })).toEqual(['VNES2063']);
    expect(codesOf(ROOT, { memory })).toEqual([]);
  });

  test('another root in the same place is refused', () => {
    const memory = memoryIn('/repo/vnes.trust.json');
    const other = begun(signed(rootOf(['eve'], 1), eve));
    expect(codesOf(ROOT, { memory })).toEqual([]);
    expect(codesOf(other, { memory })).toEqual(['VNES2067']);
    expect(codesOf(other, { memory: { ...memory, place: '/elsewhere/vnes.trust.json' } })).toEqual([]);
    expect(codesOf(ROOT, { memory })).toEqual([]);
  });

  test.each(['', '{}', '{"version":0,"digest":"sha256:"}', '[]'])(
    'a damaged record (%j) is not taken for none',
    text => {
      const memory = memoryIn();
      load(ROOT, { memory });
      const [record] = readdirSync(memory.folder);
      writeFileSync(path.join(memory.folder, record!), text);
      expect(codesOf(ROOT, { memory })[0]).toMatch(/^VNES(2068|100.)$/);
    },
  );

  test('cannot be remembered where nothing can be written, and the root says so', () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const root = load(ROOT, { memory: { folder: path.join(file, 'roots') } });
    expect(root.problems).toEqual([]);
    expect(root.forgotten).toBeTruthy();
  });

  test('holds digests and no names', () => {
    const memory = memoryIn('/repo/vnes.trust.json');
    load(ROOT, { memory });
    for (const name of readdirSync(memory.folder)) {
      expect(name).toMatch(/^(root|place)-[0-9a-f]{64}\.json$/);
      expect(readFileSync(path.join(memory.folder, name), 'utf8')).not.toContain('acme');
    }
  });
});

test('the fixtures are about now', () => {
  expect(NOW).toBeLessThan(Date.parse((ROOT as RootDocument).signed.expires));
});
