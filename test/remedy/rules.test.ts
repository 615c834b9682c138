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
import { makeCapsule, writeFiles } from '../trust/capsules.ts';
import { policyOf, rule, trustIn } from '../trust/governed.ts';
import { begun, KEYS, type Name, signed } from '../trust/roots.ts';
import { signNow } from '../trust/sign-now.ts';
import { type Judged, NOW, Workshop } from './workshop.ts';

const REVIEWED = rule({ id: 'reviewed', demand: { reviewers: { min: 2, independent: true } } });
const DRIVERS = rule({ id: 'drivers', demand: { types: ['driver'] } });

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
    const judged = async (each: Workshop) => {
      const { data } = await each.run(['verify', 'counter', '--now', NOW]);
      return (data as unknown as { readonly verdicts: readonly [Judged] }).verdicts[0];
    };
    const { steps } = (await judged(shop)).remedy!;
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
      expect((await judged(copy)).grade).toBe(grade);
      const left = (await judged(copy)).remedy?.steps.flatMap(step => step.commands) ?? [];
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

/** A capsule that misses a rule that may be waived by two, whose keys are at hand. */
function waivingShop(): Workshop {
  const folder = makeCapsule();
  const shop = new Workshop(path.dirname(folder)).hold('waiving', 'ada', 'bob');
  const [ada, bob] = ['ada', 'bob'].map(name => {
    const file = shop.at('home/.config/vnes/keys', `${name}.key.pem`);
    return openKeyPem(readFileSync(file, 'utf8'), undefined, name);
  }) as [SigningKey, SigningKey];
  const policy = policyOf({ ...DRIVERS, waivable: true });
  const base = firstVersion({
    name: 'acme',
    principals: [
      { name: 'ada', keys: [ada.public.base64] },
      { name: 'bob', keys: [bob.public.base64] },
    ],
    threshold: 1,
    namespaces: ['user.*'],
    require: ['build'],
    expires: '2027-01-01T00:00:00Z',
  });
  const waive = { role: 'waive' as const, namespace: 'user.*', principals: ['ada', 'bob'], threshold: 2 };
  const root = { ...base, delegations: [...base.delegations, waive], policy: policyDigest(policy) };
  writeFiles(shop.folder, {
    '.git/HEAD': '',
    'vnes.policy.json': JSON.stringify(policy),
    'vnes.trust.json': rootText(begun(signed(root as SignedRoot, ada))),
  });
  signNow(folder, 'counter', ada, hostPorts());
  return shop;
}
