import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostPorts } from '../../src/base/host.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import type { Remedy } from '../../src/trust/remedy/model.ts';
import { remedyOf } from '../../src/trust/remedy/remedy.ts';
import type { TrustStore } from '../../src/trust/store.ts';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { makeCapsule } from '../trust/capsules.ts';
import { policyOf, rule, trustIn } from '../trust/governed.ts';
import { KEYS, type Name } from '../trust/roots.ts';
import { signNow } from '../trust/sign-now.ts';

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
    const trust = await governed({ ...DRIVERS, waivable: true });
    const remedy = judge(capsule('ada'), trust)!;
    expect(remedy.steps).toMatchObject([
      { kind: 'waive', needs: '2 of those who may waive: ada, bob, cyd', why: ['VNES3007'] },
    ]);
  });

  test('and a policy that covers it with no rule is for those who write the policy', async () => {
    const trust = await governed(
      rule({ scopes: [{ namespace: 'other.*', level: 'enforce' }], demand: { types: ['ui'] } }),
    );
    expect(judge(capsule('ada'), trust)!.steps).toMatchObject([{ kind: 'edit', why: ['VNES3006'] }]);
  });
});
