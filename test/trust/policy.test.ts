import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import {
  checkIn,
  codesIn,
  inWords,
  policyOf,
  rule,
  SEATS,
  thrownBy,
  trustIn,
  verdictOf,
} from './governed.ts';
import { KEYS, type Name } from './roots.ts';

const EASY = policyOf(rule({ demand: { types: ['logic'] } }));
const HARD = policyOf(rule({ demand: { types: ['driver'] } }));

/** A trust file that is no root. */
const LIST = JSON.stringify({
  version: 1,
  keys: [{ name: 'ada', public_key: KEYS.ada.public.base64, namespaces: ['user.ada.*'] }],
});

/** How a capsule fares under a rule that makes this demand. */
async function demanding(demand: JsonObject, manifest: JsonObject = {}, ...signers: readonly Name[]) {
  const policy = policyOf(rule({ demand }));
  const verdict = await verdictOf({ policy }, { manifest, ...(signers.length > 0 ? { signers } : {}) });
  expect(codesIn(verdict)).toEqual(verdict.admitted ? [] : ['VNES3007']);
  return verdict.admitted;
}

const governance = { tier: 'core', audit_level: 'elevated', owner: 'platform', reviewed_by: 'cyd' };
const manifest = {
  governance,
  type: 'driver',
  runtime: { language: 'wasm-ts' },
  security: { trust_zone: 'session', sandbox_class: 'strict' },
};

describe('a demand', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['a tier among some', { tiers: ['platform', 'core'] }, { tiers: ['platform'] }],
    ['an audit level or a higher one', { audit_level: 'standard' }, { audit_level: 'critical' }],
    ['a type', { types: ['driver'] }, { types: ['logic', 'ui'] }],
    ['a zone', { zones: ['session', 'ephemeral'] }, { zones: ['tenant', 'system'] }],
    ['an owner', { owners: ['platform'] }, { owners: ['Platform', 'platform ', 'plat'] }],
    ['a language', { languages: ['wasm-ts'] }, { languages: ['wasm'] }],
    ['a class of sandboxes', { sandbox_classes: ['strict'] }, { sandbox_classes: ['lax'] }],
  ])('for %s', async (_, met, unmet) => {
    expect(await demanding(met, manifest)).toBe(true);
    expect(await demanding(unmet, manifest)).toBe(false);
    expect(await demanding({ ...met, ...unmet }, manifest)).toBe(false);
  });

  test('for a determinism tier or a stronger one', async () => {
    const promising = (determinism_tier: string) => ({
      capabilities: { provides: ['count'], determinism_tier },
    });
    const demand = { determinism: 'D1_numerically_stable' };
    expect(await demanding(demand, promising('D0'))).toBe(true);
    expect(await demanding(demand, promising('D1_numerically_stable'))).toBe(true);
    expect(await demanding(demand, promising('D2'))).toBe(false);
  });

  test.each<[string, JsonObject]>([
    ['determinism', { determinism: 'D2_soft_deterministic' }],
    ['a zone', { zones: ['system', 'tenant', 'session'] }],
    ['an owner', { owners: ['', 'undefined', 'nothing'].slice(1) }],
    ['a language', { languages: ['undefined', 'nothing'] }],
    ['a class of sandboxes', { sandbox_classes: ['undefined', 'nothing'] }],
    ['a reviewer', { reviewed_by: true }],
  ])('takes silence about %s for the least trusted', async (_, demand) => {
    expect(await demanding(demand, { capabilities: { provides: ['count'] } })).toBe(false);
  });

  test('for reviewers in words wants a name', async () => {
    const reviewed = (reviewed_by: string | string[]) =>
      demanding({ reviewed_by: true }, { governance: { ...governance, reviewed_by } });
    expect(await reviewed('cyd')).toBe(true);
    expect(await reviewed(['', 'cyd'])).toBe(true);
    expect(await reviewed('')).toBe(false);
    expect(await reviewed(['', ' '])).toBe(false);
  });

  test('for a zone goes by the one that the id may have', async () => {
    const claiming = { security: { trust_zone: 'system' } };
    expect(await demanding({ zones: ['system'] }, claiming)).toBe(false);
    expect(await demanding({ zones: ['session'] }, claiming)).toBe(true);
  });
});

describe('a demand for people', () => {
  test.each<[string, JsonObject, readonly Name[], boolean]>([
    ['one reviewer, and a builder who is one', { min: 1 }, ['ada'], true],
    ['two reviewers, and one signed', { min: 2 }, ['ada'], false],
    ['two reviewers who signed', { min: 2 }, ['ada', 'cyd'], true],
    ['an independent one, and the only builder signed', { min: 1, independent: true }, ['ada'], false],
    ['an independent one, and a second builder signed', { min: 1, independent: true }, ['ada', 'bob'], true],
    ['an independent one, and another signed', { min: 1, independent: true }, ['ada', 'cyd'], true],
    ['two independent ones, and two builders signed', { min: 2, independent: true }, ['ada', 'bob'], false],
    ['two independent ones, among three', { min: 2, independent: true }, ['ada', 'bob', 'dan'], true],
    ['a reviewer, and a stranger signed', { min: 2 }, ['ada', 'eve'], false],
  ])('%s', async (_, reviewers, signers, met) => {
    expect(await demanding({ reviewers }, {}, ...signers)).toBe(met);
  });

  test('counts signers of a role', async () => {
    expect(await demanding({ signers: { deploy: 1 } }, {}, 'ada')).toBe(false);
    expect(await demanding({ signers: { deploy: 1 } }, {}, 'ada', 'dan')).toBe(true);
    expect(await demanding({ signers: { build: 2 } }, {}, 'ada', 'dan')).toBe(false);
    expect(await demanding({ signers: { build: 2, deploy: 1 } }, {}, 'ada', 'bob', 'dan')).toBe(true);
  });

  test("does not ask for fewer than the root's own threshold", async () => {
    const delegations = SEATS.map(seat => (seat.role === 'review' ? { ...seat, threshold: 2 } : seat));
    const policy = policyOf(rule({ demand: { reviewers: { min: 1 } } }));
    expect((await verdictOf({ policy, root: { delegations } }, { signers: ['ada'] })).admitted).toBe(false);
    expect((await verdictOf({ policy, root: { delegations } }, { signers: ['ada', 'dan'] })).admitted).toBe(
      true,
    );
  });

  test('counts a principal with two keys once, and none whose key is revoked', async () => {
    const base = await trustIn({});
    const { principals } = base.root!.document.signed;
    const [bob, dan] = ['bob', 'dan'].map(name => principals.find(each => each.name === name)!.keys[0]!);
    const merged = principals
      .filter(({ name }) => name !== 'bob')
      .map(each => (each.name === 'dan' ? { ...each, keys: [bob!, dan!] } : each));
    const delegations = SEATS.map(seat => ({
      ...seat,
      principals: seat.principals.filter(name => name !== 'bob'),
    }));
    const root = { principals: merged, delegations, root: { principals: ['ada'], threshold: 1 } };
    const policy = policyOf(rule({ demand: { reviewers: { min: 3 } } }));
    const signers = ['ada', 'bob', 'dan'] as const;
    expect((await verdictOf({ policy, root }, { signers })).admitted).toBe(false);
    const revoked = [{ public_key: bob!, principal: 'bob', reason: 'lost' }];
    const without = principals.map(each => (each.name === 'bob' ? { ...each, keys: [] } : each));
    expect((await verdictOf({ policy, root: { revoked, principals: without } }, { signers })).admitted).toBe(
      false,
    );
    expect((await verdictOf({ policy }, { signers })).admitted).toBe(true);
  });

  test('names the signatures that would do, as commands', async () => {
    const policy = policyOf(rule({ demand: { reviewers: { min: 2, independent: true } }, waivable: true }));
    const verdict = await verdictOf({ policy });
    expect(checkIn(verdict, 'policy/rule').diagnostics).toMatchObject([
      {
        code: 'VNES3007',
        severity: 'error',
        message: 'the rule rule is not met by user.ada.counter: because',
        place: { file: 'counter/receipt.stunir.json' },
        expected: '2 of: ada, bob, cyd, dan (review of user.*)',
        found: 'review: ada',
        help: expect.stringMatching(
          /^vnes sign --add --key bob counter; or vnes waive user\.ada\.counter --check/,
        ),
      },
    ]);
  });

  test('says how many are asked for apart from the builders that are needed', async () => {
    const policy = policyOf(rule({ demand: { reviewers: { min: 2, independent: true } } }));
    const verdict = await verdictOf({ policy }, { signers: ['ada', 'bob'] });
    expect(checkIn(verdict, 'policy/rule').diagnostics).toMatchObject([
      {
        expected: expect.stringMatching(/^2 of: .* apart from the 1 of .* who are needed as builders$/),
        found: 'review: ada, bob',
      },
    ]);
  });

  test('is met by nobody where the root gives nobody the role', async () => {
    const policy = policyOf(rule({ demand: { signers: { deploy: 1 } } }));
    const delegations = SEATS.filter(({ role }) => role !== 'deploy');
    const verdict = await verdictOf({ policy, root: { delegations } }, { signers: ['ada', 'dan'] });
    expect(checkIn(verdict, 'policy/rule').diagnostics).toMatchObject([
      { help: expect.stringContaining('vnes trust add PRINCIPAL') },
    ]);
  });
});

describe('a rule', () => {
  test.each([
    ['audit', 'admitted', 'note'],
    ['warn', 'warned', 'warning'],
    ['enforce', 'quarantined', 'error'],
  ])('at the level %s leaves a capsule %s', async (level, grade, severity) => {
    const policy = policyOf(rule({ scopes: [{ namespace: '*', level }], demand: { types: ['driver'] } }));
    const verdict = await verdictOf({ policy });
    expect(verdict.grade).toBe(grade);
    expect(checkIn(verdict, 'policy/rule').diagnostics).toMatchObject([{ severity, code: 'VNES3007' }]);
  });

  test.each([
    [['*', 'user.*', 'user.ada.*'], 'user.ada.*'],
    [['user.ada.counter', 'user.ada.*', '*'], 'user.ada.counter'],
    [['user.ad.*', 'user.ada.counter.*', 'user.ada', '*'], '*'],
    [['user.*', 'hypersync.*'], 'user.*'],
  ])('goes by the most specific of its scopes: %s', async (namespaces, decides) => {
    const scopes = namespaces.map(namespace => ({
      namespace,
      level: namespace === decides ? 'warn' : 'enforce',
    }));
    const policy = policyOf(rule({ scopes, demand: { types: ['driver'] } }));
    expect((await verdictOf({ policy })).grade).toBe('warned');
  });

  test('that does not cover a capsule says nothing of it, and another does', async () => {
    const strict = {
      id: 'other',
      scopes: [{ namespace: 'acme.*', level: 'enforce' }],
      demand: { types: ['ui'] },
    };
    const verdict = await verdictOf({
      policy: policyOf(rule(strict), rule({ demand: { types: ['logic'] } })),
    });
    expect(verdict.admitted).toBe(true);
    expect(checkIn(verdict, 'policy.rules').checks!.map(({ id }) => id)).toEqual(['policy/rule']);
  });

  test('that none is, for a capsule, is no pass', async () => {
    const scopes = [{ namespace: 'user.adam.*', level: 'audit' }];
    const verdict = await verdictOf({ policy: policyOf(rule({ scopes, demand: { types: ['logic'] } })) });
    expect(inWords(verdict)).toEqual(['quarantined', 'policy.rules fail']);
    expect(codesIn(verdict)).toEqual(['VNES3006']);
  });

  test('is not asked about other bytes than those that were signed', async () => {
    const after = (folder: string) => writeFileSync(path.join(folder, 'README.md'), 'changed');
    expect(inWords(await verdictOf({ policy: EASY }, { after }))).toContain('policy.rules blocked');
  });
});

describe('a policy', () => {
  test('is what the trust root pins, whatever its layout', async () => {
    const verdict = await verdictOf({ policy: EASY, files: { 'vnes.policy.json': JSON.stringify(EASY) } });
    expect(verdict.admitted).toBe(true);
    expect(checkIn(verdict, 'policy.file').evidence).toMatch(
      /^1 rules of .*vnes\.policy\.json, sha256:[0-9a-f]{64}, pinned/,
    );
  });

  test.each<[string, string, Parameters<typeof verdictOf>[0]]>([
    ['is swapped', 'VNES3002', { policy: HARD, files: { 'vnes.policy.json': JSON.stringify(EASY) } }],
    ['is gone', 'VNES3002', { root: { policy: `sha256:${'0'.repeat(64)}` } }],
    ['is pinned by nothing', 'VNES3003', { files: { 'vnes.policy.json': JSON.stringify(EASY) } }],
    ['is pinned by nothing, and no policy', 'VNES3003', { files: { 'vnes.policy.json': 'x' } }],
    [
      'lies beside a list of keys',
      'VNES3003',
      { files: { 'vnes.trust.json': LIST, 'vnes.policy.json': JSON.stringify(EASY) } },
    ],
  ])('that %s refuses every capsule', async (_, code, world) => {
    const verdict = await verdictOf(world);
    expect(verdict.grade).toBe('quarantined');
    expect(codesIn(verdict)).toContain(code);
    expect(checkIn(verdict, 'policy.rules').result).toBe('blocked');
  });

  test('that is named takes the place of the pinned one, and the verdict says so', async () => {
    const world = {
      policy: HARD,
      files: { 'other.json': JSON.stringify(EASY) },
      options: { policy: 'other.json' },
    };
    const verdict = await verdictOf(world);
    expect(verdict.admitted).toBe(true);
    expect(checkIn(verdict, 'policy.file').evidence).toMatch(
      /named by --policy, in place of the one that the trust root pins$/,
    );
    const refused = await verdictOf({
      policy: EASY,
      files: { 'other.json': JSON.stringify(HARD) },
      options: { policy: 'other.json' },
    });
    expect(codesIn(refused)).toEqual(['VNES3007']);
    expect(await thrownBy(() => trustIn({ options: { policy: 'nowhere.json' } }))).toEqual(['VNES1010']);
  });

  test.each<[string, string, unknown]>([
    ['has no rules', 'VNES1011', policyOf()],
    ['has a rule without scopes', 'VNES1011', policyOf(rule({ scopes: [], demand: { types: ['ui'] } }))],
    ['has a rule that asks for nothing', 'VNES3004', policyOf(rule({}))],
    ['has an empty demand', 'VNES1011', policyOf(rule({ demand: {} }))],
    ['has an empty list', 'VNES1011', policyOf(rule({ demand: { tiers: [] } }))],
    ['asks for no reviewers', 'VNES1011', policyOf(rule({ demand: { reviewers: { min: 0 } } }))],
    ['asks for something unknown', 'VNES1011', policyOf(rule({ demand: { tier: ['core'] } }))],
    ['has an unknown level', 'VNES1011', policyOf(rule({ scopes: [{ namespace: '*', level: 'off' }] }))],
    [
      'has a pattern that is none',
      'VNES1011',
      policyOf(rule({ scopes: [{ namespace: 'user*', level: 'warn' }], demand: { types: ['ui'] } })),
    ],
    [
      'has two rules of a name',
      'VNES3004',
      policyOf(rule({ expression: 'true' }), rule({ expression: 'true' })),
    ],
    [
      'has two scopes for a namespace',
      'VNES3004',
      policyOf(
        rule({
          scopes: [
            { namespace: '*', level: 'warn' },
            { namespace: '*', level: 'audit' },
          ],
          demand: { types: ['ui'] },
        }),
      ),
    ],
    ['is of another version', 'VNES1011', { ...policyOf(rule({ expression: 'true' })), version: 2 }],
  ])('that %s is none', async (_, code, policy) => {
    expect(await thrownBy(() => trustIn({ policy: policy as JsonObject }))).toEqual([code]);
  });

  test('is read strictly', async () => {
    const text = JSON.stringify(EASY).replace('"version":1', '"version":1,"version":1');
    expect(await thrownBy(() => trustIn({ policy: EASY, files: { 'vnes.policy.json': text } }))).toEqual([
      'VNES1003',
    ]);
  });

  test('whose values have members called like those of every object', async () => {
    const odd = { valueOf: 1 };
    const policy = policyOf(rule({ demand: { tiers: [odd, odd] } }));
    const codes = await thrownBy(() => trustIn({ policy: policy as unknown as JsonObject }));
    expect([...new Set(codes)]).toEqual(['VNES1011']);
  });
});
