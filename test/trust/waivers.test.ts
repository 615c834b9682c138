import { appendFileSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { Waiver, WaiverEntry } from '../../src/trust/waivers/model.ts';
import {
  checkIn,
  codesIn,
  inWords,
  policyOf,
  rule,
  SEATS,
  signatureOf,
  thrownBy,
  trustIn,
  verdictOf,
  waiverOf,
} from './governed.ts';
import { KEYS } from './roots.ts';

/** Nothing of ada's meets this rule, and it may be waived. */
const POLICY = policyOf(rule({ demand: { types: ['driver'] }, waivable: true }));
const GOOD = waiverOf({}, 'ada', 'bob');
const WAIVED = ['waived', 'policy.rules waived', 'policy/rule waived'];
const REFUSED = ['quarantined', 'policy.rules fail', 'policy/rule fail'];

const under = async (...waivers: readonly WaiverEntry[]) =>
  inWords(await verdictOf({ policy: POLICY, waivers }));

describe('a waiver', () => {
  test('lets a check pass that failed, and the check keeps what it found', async () => {
    const verdict = await verdictOf({ policy: POLICY, waivers: [GOOD] });
    expect(inWords(verdict)).toEqual(WAIVED);
    expect(verdict.admitted).toBe(true);
    expect(checkIn(verdict, 'policy/rule')).toMatchObject({
      evidence:
        'enforce for *: 0 of 1 met; waived by one: it is being mended (ada, until 2026-07-01T00:00:00Z; signed by ada, bob)',
      waiver: { id: 'one', reason: 'it is being mended', owner: 'ada', by: ['ada', 'bob'] },
      diagnostics: [{ code: 'VNES3007', severity: 'error' }],
    });
  });

  test.each<[string, Partial<Waiver>]>([
    ['a namespace', { capsule: undefined, namespace: 'user.ada.*' } as unknown as Partial<Waiver>],
    ['a wider namespace', { capsule: undefined, namespace: 'user.*' } as unknown as Partial<Waiver>],
    ['this version', { capsule_version: '1.2.3' }],
  ])('may be for %s', async (_, change) => {
    expect(await under(waiverOf(change, 'ada', 'bob'))).toEqual(WAIVED);
  });

  test('may be for this content', async () => {
    const { tree } = await verdictOf({ policy: POLICY });
    expect(await under(waiverOf({ tree: tree! }, 'ada', 'bob'))).toEqual(WAIVED);
  });

  test.each<[string, Partial<Waiver>]>([
    ['another capsule', { capsule: 'user.ada.count' }],
    ['another namespace', { capsule: undefined, namespace: 'user.ad.*' } as unknown as Partial<Waiver>],
    [
      'what lies below it',
      { capsule: undefined, namespace: 'user.ada.counter.*' } as unknown as Partial<Waiver>,
    ],
    ['another version', { capsule_version: '1.2.4' }],
    ['another content', { tree: `sha256:${'0'.repeat(64)}` }],
    ['another check', { check: 'policy/rul' }],
    ['the check above', { check: 'policy.rules' }],
  ])('for %s lets nothing pass here, and is not spoken of', async (_, change) => {
    const verdict = await verdictOf({ policy: POLICY, waivers: [waiverOf(change, 'ada', 'bob')] });
    expect(inWords(verdict)).toEqual(REFUSED);
    expect(codesIn(verdict)).toEqual(['VNES3007']);
  });

  test.each<[string, RegExp, WaiverEntry]>([
    ['has expired', /it expired at 2026-05-31/, waiverOf({ expires: '2026-05-31T23:59:59Z' }, 'ada', 'bob')],
    ['expires this very second', /it expired/, waiverOf({ expires: '2026-06-01T00:00:00Z' }, 'ada', 'bob')],
    ['one signed, where two must', /it takes 2 of: ada, bob, cyd/, waiverOf({}, 'ada')],
    ['one who may not waive signed too', /those who signed and count are: ada$/, waiverOf({}, 'ada', 'dan')],
    [
      'was edited after it was signed',
      /the signature of the key .* does not hold/,
      { ...GOOD, waiver: { ...GOOD.waiver, reason: 'another' } },
    ],
    [
      'has a later expiry than was signed',
      /does not hold/,
      { ...GOOD, waiver: { ...GOOD.waiver, expires: '2099-01-01T00:00:00Z' } },
    ],
    [
      'has one signature too many that does not hold',
      /does not hold/,
      {
        ...GOOD,
        signatures: [...GOOD.signatures, { ...GOOD.signatures[0]!, public_key: KEYS.cyd.public.base64 }],
      },
    ],
    [
      'has signatures under swapped keys',
      /does not hold/,
      {
        ...GOOD,
        signatures: GOOD.signatures.map((each, index) => ({ ...each, sig: GOOD.signatures[1 - index]!.sig })),
      },
    ],
  ])('that %s counts for nothing, and is named', async (_, why, waiver) => {
    const verdict = await verdictOf({ policy: POLICY, waivers: [waiver] });
    expect(inWords(verdict)).toEqual(REFUSED);
    expect(checkIn(verdict, 'policy/rule').diagnostics).toMatchObject([
      { code: 'VNES3007' },
      { code: 'VNES3011', severity: 'note', message: expect.stringMatching(why) },
    ]);
  });

  test('counts beside one that does not', async () => {
    expect(await under(waiverOf({ id: 'two' }, 'ada'), GOOD)).toEqual(WAIVED);
    expect(await under(GOOD, waiverOf({ id: 'two' }, 'ada'))).toEqual(WAIVED);
  });

  test('counts a principal once, however many keys signed, and no revoked key', async () => {
    const base = (await trustIn({})).root!.document.signed;
    const [ada, dan] = ['ada', 'dan'].map(name => base.principals.find(each => each.name === name)!.keys[0]!);
    const twoKeys = base.principals
      .filter(({ name }) => name !== 'dan')
      .map(each => (each.name === 'ada' ? { ...each, keys: [ada!, dan!] } : each));
    const delegations = SEATS.map(seat => ({
      ...seat,
      principals: seat.principals.filter(name => name !== 'dan'),
    }));
    const root = { principals: twoKeys, delegations, root: { principals: ['ada'], threshold: 1 } };
    const both = waiverOf({}, 'ada', 'dan');
    expect(inWords(await verdictOf({ policy: POLICY, waivers: [both], root }))).toEqual(REFUSED);
    const principals = base.principals.map(each => (each.name === 'bob' ? { ...each, keys: [] } : each));
    const revoked = [{ public_key: KEYS.bob.public.base64, principal: 'bob', reason: 'lost' }];
    expect(
      inWords(await verdictOf({ policy: POLICY, waivers: [GOOD], root: { principals, revoked } })),
    ).toEqual(REFUSED);
  });

  test('goes by the most specific delegation for the capsule, even where the waiver is for more', async () => {
    const own = { role: 'waive', namespace: 'user.ada.*', threshold: 1, principals: ['cyd'] } as const;
    const root = { delegations: [...SEATS, own] };
    const wide = { capsule: undefined, namespace: 'user.*' } as unknown as Partial<Waiver>;
    const judged = async (waiver: WaiverEntry) =>
      inWords(await verdictOf({ policy: POLICY, waivers: [waiver], root }));
    expect(await judged(waiverOf(wide, 'ada', 'bob'))).toEqual(REFUSED);
    expect(await judged(waiverOf(wide, 'cyd'))).toEqual(WAIVED);
  });

  test('counts for nothing where nobody may waive, or there is no trust root', async () => {
    const delegations = SEATS.filter(({ role }) => role !== 'waive');
    const nobody = await verdictOf({ policy: POLICY, waivers: [GOOD], root: { delegations } });
    expect(inWords(nobody)).toEqual(REFUSED);
    expect(checkIn(nobody, 'policy/rule').diagnostics![1]!.message).toMatch(/gives nobody the role waive/);
    const list = {
      version: 1,
      keys: [{ name: 'ada', public_key: KEYS.ada.public.base64, namespaces: ['user.ada.*'] }],
    };
    const listed = await verdictOf({
      waivers: [GOOD],
      files: { 'vnes.trust.json': JSON.stringify(list), 'p.json': JSON.stringify(POLICY) },
      options: { policy: 'p.json' },
    });
    expect(inWords(listed)).toEqual(REFUSED);
    expect(checkIn(listed, 'policy/rule').diagnostics![1]!.message).toMatch(/there is no trust root/);
  });

  test('may lie in another file, and counts as it would beside the root', async () => {
    const files = { 'w.json': JSON.stringify({ version: 1, waivers: [GOOD] }) };
    const options = { waivers: 'w.json' };
    expect(inWords(await verdictOf({ policy: POLICY, files, options }))).toEqual(WAIVED);
    const weak = { 'w.json': JSON.stringify({ version: 1, waivers: [waiverOf({}, 'ada')] }) };
    expect(inWords(await verdictOf({ policy: POLICY, files: weak, options, waivers: [GOOD] }))).toEqual(
      REFUSED,
    );
    expect(await thrownBy(() => trustIn({ options: { waivers: 'no.json' } }))).toEqual(['VNES1010']);
  });
});

describe('what can be waived', () => {
  test('is no rule that does not say so', async () => {
    const strict = policyOf(rule({ demand: { types: ['driver'] } }));
    expect(inWords(await verdictOf({ policy: strict, waivers: [GOOD] }))).toEqual(REFUSED);
  });

  test('is one rule at a time', async () => {
    const policy = policyOf(
      rule({ demand: { types: ['driver'] }, waivable: true }),
      rule({ id: 'other', demand: { types: ['ui'] }, waivable: true }),
    );
    const partly = await verdictOf({ policy, waivers: [GOOD] });
    expect(inWords(partly)).toEqual([
      'quarantined',
      'policy.rules fail',
      'policy/rule waived',
      'policy/other fail',
    ]);
    const other = waiverOf({ id: 'two', check: 'policy/other' }, 'ada', 'cyd');
    expect((await verdictOf({ policy, waivers: [GOOD, other] })).grade).toBe('waived');
  });

  test('is what an expression could not decide', async () => {
    const policy = policyOf(rule({ expression: 'manifest.lineage.x == 1', waivable: true }));
    expect(codesIn(await verdictOf({ policy }))).toEqual(['VNES3008']);
    expect(inWords(await verdictOf({ policy, waivers: [GOOD] }))).toEqual(WAIVED);
  });

  test('are the signatures of deployers', async () => {
    const waiver = waiverOf({ check: 'trust.deploy' }, 'ada', 'bob');
    const root = { require: ['build', 'deploy'] as const };
    expect(inWords(await verdictOf({ root }))).toEqual(['quarantined', 'trust.deploy fail']);
    expect(inWords(await verdictOf({ root, waivers: [waiver] }))).toEqual(['waived', 'trust.deploy waived']);
  });

  test.each<[string, string, (folder: string) => void]>([
    ['changed bytes', 'receipt.files', folder => appendFileSync(path.join(folder, 'README.md'), 'x')],
    ['a changed mode', 'receipt.files', folder => chmodSync(path.join(folder, 'README.md'), 0o755)],
    ['an added file', 'receipt.files', folder => writeFileSync(path.join(folder, 'impl/more'), 'x')],
    ['a missing receipt', 'receipt.present', folder => rmSync(path.join(folder, 'receipt.stunir.json'))],
    [
      'a broken receipt',
      'receipt.format',
      folder => writeFileSync(path.join(folder, 'receipt.stunir.json'), '{}'),
    ],
  ])('is not %s, nor anything else beside it', async (_, failing, after) => {
    const root = { require: ['build', 'deploy'] as const };
    const waivers = [
      GOOD,
      ...[failing, 'trust.deploy', 'receipt.tree', 'layout', 'policy.rules', 'policy.file'].map(
        (check, index) => waiverOf({ id: `w${index}`, check }, 'ada', 'bob'),
      ),
    ];
    const verdict = await verdictOf({ policy: POLICY, root, waivers }, { after });
    expect(verdict.grade).toBe('quarantined');
    expect(inWords(verdict)).toContain(`${failing} fail`);
    expect(inWords(verdict).filter(word => word.endsWith('waived'))).toEqual([]);
  });

  test.each<[string, Parameters<typeof verdictOf>[0], Parameters<typeof verdictOf>[1]]>([
    ['authority', {}, { signers: ['cyd'] }],
    ['trust.build', { root: { delegations: SEATS.map(each => ({ ...each, threshold: 2 })) } }, {}],
    ['receipt.signatures', { root: { principals: [] } }, {}],
    ['trust.root', { root: { expires: '2026-05-01T00:00:00Z' } }, {}],
    ['policy.file', { files: { 'vnes.policy.json': '{}' } }, {}],
    ['manifest.schema', {}, { manifest: { type: 'none' as unknown as JsonObject } }],
  ])('is not %s', async (check, world, subject) => {
    const waivers = [waiverOf({ check }, 'ada', 'bob')];
    const judged = await verdictOf({ ...(world as object), waivers }, subject).catch(() => undefined);
    expect(judged?.admitted ?? false).toBe(false);
  });
});

describe('a list of waivers', () => {
  test.each<[string, string, unknown]>([
    ['has an unknown key', 'VNES1011', [{ ...GOOD, extra: 1 }]],
    [
      'has a waiver without an expiry',
      'VNES1011',
      [waiverOf({ expires: undefined as unknown as string }, 'ada')],
    ],
    ['has a waiver without a reason', 'VNES1011', [waiverOf({ reason: '' }, 'ada')]],
    [
      'has a waiver without an owner',
      'VNES1011',
      [waiverOf({ owner: undefined as unknown as string }, 'ada')],
    ],
    [
      'has a waiver for everything',
      'VNES1011',
      [waiverOf({ capsule: undefined, namespace: '*' } as never, 'ada')],
    ],
    ['has a waiver that nobody signed', 'VNES1011', [waiverOf()]],
    ['has a waiver for nothing', 'VNES3010', [waiverOf({ capsule: undefined } as never, 'ada')]],
    ['has a waiver for two things', 'VNES3010', [waiverOf({ namespace: 'user.*' }, 'ada')]],
    ['has a day that there is not', 'VNES3010', [waiverOf({ expires: '2026-02-30T00:00:00Z' }, 'ada')]],
    ['has one id twice', 'VNES3010', [GOOD, GOOD]],
    ['has one key twice', 'VNES3010', [{ ...GOOD, signatures: [GOOD.signatures[0], GOOD.signatures[0]] }]],
    [
      'has an unsafe key',
      'VNES2033',
      [
        {
          ...GOOD,
          signatures: [
            {
              ...signatureOf(GOOD.waiver, KEYS.ada),
              public_key: 'MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
            },
          ],
        },
      ],
    ],
  ])('that %s is none', async (_, code, waivers) => {
    const load = () => trustIn({ waivers: waivers as readonly WaiverEntry[] });
    expect(await thrownBy(load)).toEqual([code]);
  });

  test('may be empty', async () => {
    expect(await under()).toEqual(REFUSED);
  });
});
