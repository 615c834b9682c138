import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { policyDigest } from '../../src/trust/policy/parse.ts';
import { renewed, withPolicy } from '../../src/trust/root/edit.ts';
import { rootText } from '../../src/trust/root/encode.ts';
import type { RootDocument, SignedRoot } from '../../src/trust/root/model.ts';
import type { WaiverEntry } from '../../src/trust/waivers/model.ts';
import { policyOf, rule, SEATS, waiverOf } from '../trust/governed.ts';
import { begun, continued, KEYS, rootOf, signed } from '../trust/roots.ts';
import { inShort, Repository } from './repository.ts';

const [TRUST, POLICY, WAIVERS] = ['vnes.trust.json', 'vnes.policy.json', 'vnes.waivers.json'] as const;
const COUNTER = 'capsules/counter';
const { ada, bob, eve } = KEYS;
const STAGED = { kind: 'staged' } as const;

/** Nothing of ada's meets the first; the second asks for nothing hard. Both may be waived. */
const STRICT = policyOf(rule({ demand: { types: ['driver'] }, waivable: true }));
const EASY = policyOf(rule({ demand: { types: ['logic'] }, waivable: true }));
const GOOD = waiverOf({}, 'ada', 'bob');

const CONTENT = {
  ...rootOf(['ada', 'bob', 'cyd', 'dan'], 2),
  delegations: SEATS,
} as SignedRoot;
const ROOT = begun(signed({ ...CONTENT, policy: policyDigest(EASY) }, ada, bob));

const text = (value: unknown) => JSON.stringify(value, undefined, 2);
const listed = (...waivers: readonly WaiverEntry[]) => text({ version: 1, waivers });

/** A repository whose root pins the easy policy, with a capsule that ada signed. */
function governed(files: Readonly<Record<string, string>> = {}): Repository {
  const repository = new Repository();
  repository.write({ [TRUST]: rootText(ROOT), [POLICY]: text(EASY), ...files });
  repository.capsule(COUNTER, { key: ada });
  repository.commit('base');
  return repository;
}

/** The root with another policy pinned. */
function pinning(policy: JsonObject | undefined, ...keys: Parameters<typeof continued>[2][]): RootDocument {
  return continued(ROOT, root => withPolicy(root, policy && policyDigest(policy)), ...keys);
}

/** A release of the capsule, signed by ada. */
function release(repository: Repository): void {
  repository.capsule(COUNTER, { manifest: { version: '1.3.0' }, key: ada });
}

describe('the policy of a change', () => {
  test('is that of the base, whatever the change makes of it', async () => {
    const repository = governed();
    release(repository);
    expect(inShort(await repository.staged())).toEqual(['capsules/counter admitted']);
    repository.write({ [POLICY]: text(STRICT), [TRUST]: rootText(pinning(STRICT, ada, bob)) });
    expect(inShort(await repository.staged())).toEqual(['capsules/counter admitted']);
    repository.commit();
    repository.capsule(COUNTER, { manifest: { version: '1.4.0' }, key: ada });
    expect(inShort(await repository.staged())).toEqual(['capsules/counter refused', 'VNES3007']);
  });

  test('may lose its layout, and come back', async () => {
    const repository = governed();
    repository.write({ [POLICY]: JSON.stringify(EASY) });
    expect(inShort(await repository.staged())).toEqual([]);
  });

  test('is read from a tree, from a commit that is named, and from a file', async () => {
    const repository = governed();
    const base = repository.git('rev-parse', 'HEAD').trim();
    const whole = { kind: 'tree', revision: 'HEAD' } as const;
    expect(inShort(await repository.verify(whole, { trust: { from: base } }))).toEqual([
      'capsules/counter admitted',
    ]);
    repository.write({ 'strict.json': text(STRICT) });
    const named = await repository.verify(whole, { trust: { from: base, policy: 'strict.json' } });
    expect(inShort(named)).toEqual(['capsules/counter refused', 'VNES3007']);
    const file = await repository.verify(whole, { trust: { file: TRUST } });
    expect(inShort(file)).toEqual(['capsules/counter admitted']);
  });

  test.each<[string, (repository: Repository) => void, string[]]>([
    ['edits it alone', each => each.write({ [POLICY]: text(STRICT) }), ['VNES2416']],
    [
      'makes it laxer alone',
      each => each.write({ [POLICY]: text(policyOf(rule({ expression: 'true' }))) }),
      ['VNES2416'],
    ],
    ['removes it', each => each.remove(POLICY), ['VNES2416']],
    [
      'removes it with the root',
      each => {
        for (const name of [POLICY, TRUST]) each.remove(name);
      },
      ['VNES2405', 'VNES2416'],
    ],
    ['breaks it', each => each.write({ [POLICY]: '{' }), ['VNES1002']],
    [
      'pins another and leaves it',
      each => each.write({ [TRUST]: rootText(pinning(STRICT, ada, bob)) }),
      ['VNES2416'],
    ],
    [
      'pins none and leaves it',
      each => each.write({ [TRUST]: rootText(pinning(undefined, ada, bob)) }),
      ['VNES2416'],
    ],
    [
      'pins another that too few signed',
      each => each.write({ [TRUST]: rootText(pinning(STRICT, ada)), [POLICY]: text(STRICT) }),
      ['VNES2061'],
    ],
    [
      'pins another by other people',
      each => each.write({ [TRUST]: rootText(pinning(STRICT, ada, eve)), [POLICY]: text(STRICT) }),
      ['VNES2069'],
    ],
    [
      'swaps it for a link',
      each => {
        each.remove(POLICY);
        each.git('config', 'core.symlinks', 'true');
        each.link(POLICY, 'README.md');
      },
      ['VNES2416'],
    ],
  ])('is refused when it %s', async (_, change, codes) => {
    const repository = governed();
    change(repository);
    expect(inShort(await repository.staged()).sort()).toEqual(codes);
  });

  test.each<[string, JsonObject | undefined]>([
    ['another', STRICT],
    ['none', undefined],
  ])('may become %s with the root that says so', async (_, policy) => {
    const repository = governed();
    repository.write({ [TRUST]: rootText(pinning(policy, ada, bob)) });
    if (policy) repository.write({ [POLICY]: text(policy) });
    else repository.remove(POLICY);
    expect(inShort(await repository.staged())).toEqual([]);
  });

  test('stays when the root changes in something else', async () => {
    const repository = governed();
    const later = continued(ROOT, root => renewed(root, '2028-01-01T00:00:00Z'), ada, bob);
    repository.write({ [TRUST]: rootText(later) });
    expect(inShort(await repository.staged())).toEqual([]);
  });

  test('needs a root: beside a list of keys it is refused', async () => {
    const repository = new Repository();
    repository.trust(repository.key);
    repository.capsule(COUNTER);
    repository.commit();
    repository.write({ [POLICY]: text(EASY) });
    expect(inShort(await repository.staged())).toEqual(['VNES2416']);
    repository.commit();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0' } });
    expect(inShort(await repository.staged())).toEqual(['capsules/counter refused', 'VNES3003']);
  });

  test('is looked at in other folders too, and not in capsules', async () => {
    const repository = governed({
      'other/vnes.policy.json': text(STRICT),
      'other/vnes.trust.json': rootText(ROOT),
    });
    repository.write({ 'other/vnes.policy.json': text(EASY) });
    expect(inShort(await repository.staged())).toEqual([]);
    repository.write({ 'other/vnes.policy.json': text(policyOf(rule({ expression: 'true' }))) });
    expect(inShort(await repository.staged())).toEqual(['VNES2416']);
    repository.remove('other');
    repository.commit();
    repository.capsule(COUNTER, {
      manifest: { version: '1.3.0' },
      key: ada,
      files: { 'spec/vnes.policy.json': '{}' },
    });
    expect(inShort(await repository.staged())).toEqual(['capsules/counter admitted']);
  });
});

describe('the waivers of a change', () => {
  const strict = {
    [TRUST]: rootText(begun(signed({ ...CONTENT, policy: policyDigest(STRICT) }, ada, bob))),
    [POLICY]: text(STRICT),
  };

  test('are those of the base', async () => {
    const repository = governed({ ...strict, [WAIVERS]: listed(GOOD) });
    release(repository);
    const report = await repository.staged();
    expect(report.examined[0]!.verdict.grade).toBe('waived');
    const without = governed(strict);
    release(without);
    without.write({ [WAIVERS]: listed(GOOD) });
    expect(inShort(await without.staged())).toEqual(['capsules/counter refused', 'VNES3007']);
  });

  test.each<[string, readonly WaiverEntry[], readonly WaiverEntry[], string[]]>([
    ['may come, signed by enough', [], [GOOD], []],
    ['may go', [GOOD], [], []],
    ['may go, all of them but one', [GOOD, waiverOf({ id: 'two' }, 'ada', 'cyd')], [GOOD], []],
    ['may not come with too few signatures', [], [waiverOf({}, 'ada')], ['VNES2417']],
    ['may not come from those who may not waive', [], [waiverOf({}, 'dan', 'eve')], ['VNES2417']],
    [
      'may not come out of date',
      [],
      [waiverOf({ expires: '2026-05-01T00:00:00Z' }, 'ada', 'bob')],
      ['VNES2417'],
    ],
    [
      'may not be edited',
      [GOOD],
      [{ ...GOOD, waiver: { ...GOOD.waiver, expires: '2027-01-01T00:00:00Z' } }],
      ['VNES2417'],
    ],
    [
      'may not be edited, and signed by one',
      [GOOD],
      [waiverOf({ expires: '2027-01-01T00:00:00Z' }, 'bob')],
      ['VNES2417'],
    ],
    ['may not lose a signature', [GOOD], [{ ...GOOD, signatures: GOOD.signatures.slice(1) }], ['VNES2417']],
    ['may gain one', [GOOD], [waiverOf({}, 'ada', 'bob', 'cyd')], []],
    [
      'may not cover more than those who sign may waive',
      [],
      [waiverOf({ capsule: undefined, namespace: 'hypersync.*' } as never, 'ada', 'bob')],
      ['VNES2417'],
    ],
    [
      'may stay beside others that come',
      [waiverOf({ id: 'old' }, 'ada')],
      [waiverOf({ id: 'old' }, 'ada'), GOOD],
      [],
    ],
  ])('%s', async (_, before, after, codes) => {
    const repository = governed({
      ...strict,
      ...(before.length > 0 ? { [WAIVERS]: listed(...before) } : {}),
    });
    if (after.length > 0) repository.write({ [WAIVERS]: listed(...after) });
    else repository.remove(WAIVERS);
    expect(inShort(await repository.staged())).toEqual(codes);
  });

  test('are held against the old root, not against one that comes with them', async () => {
    const repository = governed();
    const delegations = SEATS.map(each =>
      each.role === 'waive' ? { ...each, threshold: 1, principals: ['dan'] } : each,
    );
    const handed = continued(ROOT, root => ({ ...root, delegations }), ada, bob);
    repository.write({ [TRUST]: rootText(handed), [WAIVERS]: listed(waiverOf({}, 'dan')) });
    expect(inShort(await repository.staged())).toEqual(['VNES2417']);
    repository.remove(WAIVERS);
    repository.commit();
    repository.write({ [WAIVERS]: listed(waiverOf({}, 'dan')) });
    expect(inShort(await repository.staged())).toEqual([]);
  });

  test('that are none are refused', async () => {
    const repository = governed();
    repository.write({ [WAIVERS]: '{"version":1,"waivers":[{}]}' });
    expect(inShort(await repository.staged())).toContain('VNES1011');
  });

  test('need a root', async () => {
    const repository = new Repository();
    repository.trust(repository.key);
    repository.commit();
    repository.write({ [WAIVERS]: listed(GOOD) });
    expect(inShort(await repository.staged())).toEqual(['VNES2417']);
  });

  test('that were taken back where the branch is to go count no more', async () => {
    const repository = governed({ ...strict, [WAIVERS]: listed(GOOD) });
    repository.git('checkout', '-q', '-b', 'change');
    release(repository);
    repository.commit();
    const since = { kind: 'since', revision: 'main', head: 'change' } as const;
    expect(inShort(await repository.verify(since))).toEqual(['capsules/counter admitted', '~VNES3007']);
    repository.git('checkout', '-q', 'main');
    repository.write({ [WAIVERS]: listed(GOOD, waiverOf({ id: 'two' }, 'ada', 'bob')) });
    repository.commit('another waiver');
    expect(inShort(await repository.verify(since))).toEqual(['capsules/counter admitted', '~VNES3007']);
    repository.write({ [WAIVERS]: listed(waiverOf({ id: 'two', capsule: 'user.ada.other' }, 'ada', 'bob')) });
    repository.commit('taken back');
    expect(inShort(await repository.verify(since))).toContain('VNES2406');
    const judged = await repository.verify(since, { trust: { from: 'main' } });
    expect(inShort(judged)).toEqual(['capsules/counter refused', 'VNES3007']);
  });
});

test('a policy that is staged beside a missing root is no way round', async () => {
  const repository = governed();
  release(repository);
  repository.remove(TRUST);
  repository.write({ [POLICY]: text(policyOf(rule({ expression: 'true' }))) });
  repository.git('add', '-A');
  expect(inShort(await repository.verify(STAGED)).sort()).toEqual([
    'VNES2405',
    'VNES2416',
    'capsules/counter admitted',
  ]);
});
