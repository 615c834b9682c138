import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import { policyDigest } from '../../src/trust/policy/parse.ts';
import { openKeyPem, type SigningKey } from '../../src/trust/private-key.ts';
import type { Remedy } from '../../src/trust/remedy/model.ts';
import { remedyOf } from '../../src/trust/remedy/remedy.ts';
import { firstVersion } from '../../src/trust/root/edit.ts';
import { rootText } from '../../src/trust/root/encode.ts';
import type { SignedRoot } from '../../src/trust/root/model.ts';
import type { TrustStore } from '../../src/trust/store.ts';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { MANIFEST, makeCapsule, writeFiles } from '../trust/capsules.ts';
import { policyOf, rule, trustIn } from '../trust/governed.ts';
import { begun, KEYS, type Name, signed } from '../trust/roots.ts';
import { signNow } from '../trust/sign-now.ts';
import { type Judged, NOW, Workshop } from './workshop.ts';

const REVIEWED = rule({ id: 'reviewed', demand: { reviewers: { min: 2, independent: true } } });
const DRIVERS = rule({ id: 'drivers', demand: { types: ['driver'] } });
const MAY_BE_WAIVED = policyOf({ ...DRIVERS, waivable: true });

/** A capsule of ada's, signed by these. */
function capsule(...names: readonly Name[]): string {
  const folder = makeCapsule();
  sign(folder, ...names);
  return folder;
}

function sign(folder: string, ...names: readonly Name[]): void {
  for (const [index, name] of names.entries())
    signNow(folder, 'counter', KEYS[name], hostPorts(), { add: index > 0 });
}

function judge(folder: string, trust: TrustStore): Remedy | undefined {
  const walk = walkCapsule(folder, { shownAs: 'counter' });
  return remedyOf(verifyCapsule(folder, 'counter', trust).verdict, { trust, walk });
}

const governed = (...rules: readonly JsonObject[]) => trustIn({ policy: policyOf(...rules) });
const inShort = (remedy: Remedy | undefined) =>
  remedy?.steps.map(({ kind, commands }) => [kind, ...commands].join(': '));

describe('a rule that is not met', () => {
  test('about people asks for their signatures', async () => {
    const trust = await governed(REVIEWED);
    const folder = capsule('ada');
    const steps = inShort(judge(folder, trust))!;
    expect(steps).toHaveLength(2);
    for (const step of steps) {
      const name = /^sign: vnes sign --add --key (\w+) counter$/.exec(step)![1] as Name;
      expect(judge(folder, trust)).toBeDefined();
      signNow(folder, 'counter', KEYS[name], hostPorts(), { add: true });
    }
    expect(judge(folder, trust)).toBeUndefined();
  });

  test('about people is met by the signers of a new receipt, each of whom signs once', async () => {
    const trust = await governed(REVIEWED);
    const folder = capsule('ada', 'cyd', 'dan');
    appendFileSync(path.join(folder, 'README.md'), 'more');
    const steps = inShort(judge(folder, trust))!;
    const names = steps.map(step => /--key (\w+) counter$/.exec(step)![1] as Name);
    expect(steps[0]).toMatch(/^sign: vnes sign --key (ada|bob) counter$/);
    expect(new Set(names).size).toBe(3);
    sign(folder, ...names.slice(0, -1));
    expect(judge(folder, trust)).toBeDefined();
    sign(folder, ...names);
    expect(judge(folder, trust)).toBeUndefined();
  });

  test('about the manifest asks for an edit, and a receipt of it', async () => {
    const trust = await governed(DRIVERS);
    const remedy = judge(capsule('ada'), trust)!;
    expect(inShort(remedy)).toEqual(['edit', 'sign: vnes sign --key ada counter']);
    expect(remedy.steps[0]).toMatchObject({ why: ['VNES3007'], commands: [] });
    expect(remedy.steps[0]!.does).toContain('counter/manifest.json /type');
  });

  test('is foreseen where something else failed before it was asked', async () => {
    const trust = await governed(DRIVERS);
    const folder = capsule('ada');
    appendFileSync(path.join(folder, 'README.md'), 'more');
    const remedy = judge(folder, trust)!;
    expect(inShort(remedy)).toEqual(['edit', 'sign: vnes sign --key ada counter']);
    expect(remedy.steps[0]!.why).toEqual(['VNES3007']);
  });

  test('that may be waived is waived by those who may, and nothing is signed again', async () => {
    const shop = waivingShop();
    const { steps } = (await judgedIn(shop)).remedy!;
    expect(steps.map(({ kind, needs }) => [kind, needs])).toEqual([
      ['waive', 'the key of ada; of those who may waive'],
      ['waive', 'the key of bob; of those who may waive'],
    ]);
    const commands = steps.flatMap(step => step.commands);
    for (const [typed, grade] of [
      [commands, 'waived'],
      [commands.slice(0, 1), 'quarantined'],
    ] as const) {
      const copy = shop.copy();
      for (const command of typed) await copy.type(command);
      expect((await judgedIn(copy)).grade).toBe(grade);
      const left = (await judgedIn(copy)).remedy?.steps.flatMap(step => step.commands) ?? [];
      expect(left).toEqual(commands.slice(typed.length));
      copy.remove();
    }
  });

  test('about people whom nobody can be is waived, or for those who write the policy', async () => {
    const many = { demand: { reviewers: { min: 99 } } };
    expect(judge(capsule('ada'), await governed(rule(many)))!.steps).toMatchObject([
      { kind: 'edit', why: ['VNES3007'], does: expect.stringContaining('vnes trust add PRINCIPAL') },
    ]);
    const waivable = judge(capsule('ada'), await governed(rule({ ...many, waivable: true })))!;
    expect(waivable.steps.map(({ kind }) => kind)).toEqual(['waive', 'waive']);
  });

  test('and a policy that covers it with no rule is for those who write the policy', async () => {
    const trust = await governed(
      rule({ scopes: [{ namespace: 'other.*', level: 'enforce' }], demand: { types: ['ui'] } }),
    );
    expect(judge(capsule('ada'), trust)!.steps).toMatchObject([{ kind: 'edit', why: ['VNES3006'] }]);
  });
});

/** A component that imports a clock, as far as its imports are read. */
const CLOCK = Buffer.from(
  readFileSync(
    path.join(import.meta.dirname, '../../fixtures/demo/capsules/hypersync.core.geometry/impl/capsule.wasm'),
    'latin1',
  ).replaceAll('vnes:capsule/log@1.0.0', 'wasi:clocks/abc@0.2.00'),
  'latin1',
);

describe('a check of vnes that may be waived', () => {
  const PROMISE = JSON.stringify({
    ...MANIFEST,
    capabilities: { provides: ['count'], determinism_tier: 'D0' },
    interfaces: { wasm: 'impl/capsule.wasm' },
  });
  const promising = { 'manifest.json': PROMISE, 'impl/capsule.wasm': CLOCK };

  test.each<[string, Shop, steps: string[], waived: number]>([
    ['a promise that is broken', { files: promising }, ['edit', 'sign'], 2],
    ['a deployer who has not signed', { deploy: ['bob'] }, ['sign'], 2],
    ['that nobody may deploy', { deploy: [] }, ['trust'], 2],
    [
      'both, and a rule',
      { files: promising, deploy: ['bob'], policy: MAY_BE_WAIVED },
      ['edit', 'sign', 'waive', 'waive'],
      6,
    ],
  ])('%s: is cured, or waived', async (_, options, kinds, count) => {
    const shop = waivingShop({ policy: null, ...options });
    const { remedy } = await judgedIn(shop);
    expect(remedy!.steps.map(({ kind }) => kind)).toEqual(kinds);
    expect(remedy!.instead!.map(({ kind }) => kind)).toEqual(Array(count).fill('waive'));
    const commands = remedy!.instead!.flatMap(step => step.commands);
    for (const command of commands.slice(0, -1)) await shop.type(command);
    expect((await judgedIn(shop)).grade).toBe('quarantined');
    await shop.type(commands.at(-1)!);
    expect((await judgedIn(shop)).grade).toBe('waived');
  });

  test.each<[string, Shop]>([
    [
      'something else is the matter',
      { files: { ...promising, 'README.md': '#' }, after: { 'README.md': '##' } },
    ],
    ['a rule may not be waived', { deploy: ['bob'], policy: policyOf(DRIVERS) }],
    ['nobody may waive', { deploy: ['bob'], waive: [] }],
  ])('is cured alone where %s', async (_, options) => {
    const { remedy } = await judgedIn(waivingShop({ policy: null, ...options }));
    expect(remedy!.steps.length).toBeGreaterThan(0);
    expect(remedy!.instead).toBeUndefined();
  });
});

async function judgedIn(shop: Workshop): Promise<Judged> {
  const { data } = await shop.run(['verify', 'counter', '--now', NOW]);
  return (data as unknown as { readonly verdicts: readonly [Judged] }).verdicts[0];
}

interface Shop {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Written after the capsule was signed. */
  readonly after?: Readonly<Record<string, string>>;
  readonly policy?: JsonObject | null;
  /** Who may deploy, of whom one is asked for; without it, nobody is asked. */
  readonly deploy?: readonly string[];
  readonly waive?: readonly string[];
}

/** A capsule that misses a rule that may be waived by two, or what is said instead; their keys are at hand. */
function waivingShop({
  files,
  after = {},
  policy = MAY_BE_WAIVED,
  deploy,
  waive: waiving = ['ada', 'bob'],
}: Shop = {}): Workshop {
  const folder = makeCapsule(files);
  const shop = new Workshop(path.dirname(folder)).hold('waiving', 'ada', 'bob');
  const [ada, bob] = ['ada', 'bob'].map(name => {
    const file = shop.at('home/.config/vnes/keys', `${name}.key.pem`);
    return openKeyPem(readFileSync(file, 'utf8'), undefined, name);
  }) as [SigningKey, SigningKey];
  const base = firstVersion({
    name: 'acme',
    principals: [
      { name: 'ada', keys: [ada.public.base64] },
      { name: 'bob', keys: [bob.public.base64] },
    ],
    threshold: 1,
    namespaces: ['user.*'],
    require: deploy ? ['build', 'deploy'] : ['build'],
    expires: '2027-01-01T00:00:00Z',
  });
  const seat = (role: 'waive' | 'deploy', principals: readonly string[], threshold: number) =>
    principals.length > 0 ? [{ role, namespace: 'user.*', principals, threshold }] : [];
  const delegations = [
    ...base.delegations.filter(({ role }) => role === 'build'),
    ...seat('waive', waiving, 2),
    ...seat('deploy', deploy ?? [], 1),
  ];
  const root = { ...base, delegations, ...(policy && { policy: policyDigest(policy) }) };
  writeFiles(shop.folder, {
    '.git/HEAD': '',
    ...(policy && { 'vnes.policy.json': JSON.stringify(policy) }),
    'vnes.trust.json': rootText(begun(signed(root as SignedRoot, ada))),
  });
  signNow(folder, 'counter', ada, hostPorts());
  writeFiles(folder, after);
  return shop;
}
