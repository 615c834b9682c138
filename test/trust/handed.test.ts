import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { handTrust, takeTrust } from '../../src/trust/handed.ts';
import { signCapsule } from '../../src/trust/sign.ts';
import { loadTrust, type TrustStore } from '../../src/trust/store.ts';
import { verifyCapsule } from '../../src/trust/verify.ts';
import { makeCapsule, newKey, portsIn, temporaryFolder, trusting } from './capsules.ts';
import { policyOf, rule, trustIn, verdictOf, type World, waiverOf } from './governed.ts';
import { begun, KEYS, NOW, rootOf, signed } from './roots.ts';

/** What no capsule of the tests meets, and those who may waive can let pass. */
const WAIVABLE = policyOf(rule({ demand: { types: ['driver'] }, waivable: true }));

/** The store as another thread gets it. */
function handed(store: TrustStore): Promise<TrustStore> {
  return takeTrust(structuredClone(handTrust(store)));
}

describe('a trust store that is handed over', () => {
  test('is the same list of keys, and verifies the same', async () => {
    const key = newKey();
    const folder = makeCapsule();
    await signCapsule(folder, 'c', key, portsIn(folder));
    const store = trusting(['user.ada.*'], key);
    const taken = await handed(store);
    expect(handTrust(taken)).toEqual(handTrust(store));
    expect(verifyCapsule(folder, 'c', taken).verdict).toEqual(verifyCapsule(folder, 'c', store).verdict);
    expect(verifyCapsule(folder, 'c', taken).verdict.admitted).toBe(true);
    expect(
      verifyCapsule(folder, 'c', await handed(trusting(['user.ada.*'], newKey()))).verdict.admitted,
    ).toBe(false);
  });

  test.each([
    ['in force', NOW],
    ['expired', Date.UTC(2040, 0, 1)],
  ])('is the same trust root, decided once: %s', async (_, now) => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'root.json');
    writeFileSync(file, JSON.stringify(begun(signed(rootOf(['ada', 'bob'], 2), KEYS.ada, KEYS.bob))));
    const store = await loadTrust({ file, capsules: [], now }, portsIn(folder));
    expect(store.root).toBeDefined();
    writeFileSync(file, 'other');
    expect(await handed(store)).toEqual(store);
  });

  test.each<[string, World]>([
    ['a rule that is met', { policy: policyOf(rule({ expression: "capsule.id == 'user.ada.counter'" })) }],
    ['a rule that is not', { policy: policyOf(rule({ expression: "capsule.id == 'other'" })) }],
    ['a waiver', { policy: WAIVABLE, waivers: [waiverOf({}, 'ada', 'bob')] }],
    ['a waiver that too few signed', { policy: WAIVABLE, waivers: [waiverOf({}, 'ada')] }],
    ['a policy that nobody pinned', { files: { 'vnes.policy.json': JSON.stringify(WAIVABLE) } }],
  ])('asks the same and lets the same pass: %s', async (_, world) => {
    const store = await trustIn(world);
    const verdict = await verdictOf(store);
    expect(await verdictOf(await handed(store))).toEqual(verdict);
    expect(verdict.checks.map(({ id }) => id)).toContain('policy.rules');
    const without = await verdictOf({ ...(await handed(store)), policy: undefined });
    expect(without.checks).not.toEqual(verdict.checks);
  });
});
