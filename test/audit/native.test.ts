import { beforeAll, describe, expect, test } from 'vitest';
import { LACKS_MACHINE } from '../machine.ts';
import { ABSENT } from '../native/native.ts';
import { allClean, buildNativeCauses, nativeCauses } from './native-case.ts';
import { type Cause, loaded, PYTHON_CAUSES, type Side } from './python-case.ts';
import { audited, differing } from './run.ts';

let program: Uint8Array;
let causes: readonly Cause[];
beforeAll(() => {
  if (ABSENT) return;
  program = buildNativeCauses();
  causes = nativeCauses(program);
}, 60_000);

describe.skipIf(ABSENT)(`native programs ${ABSENT}`, () => {
  test('every cause is caught by what it depends on, and no clean twin accused', async () => {
    const wrong: string[] = [];
    for (const { name, caughtBy, capsule } of causes) {
      const found = await audited(capsule('planted'), '', { only: [caughtBy], briefly: true });
      if (found.verdict === 'granted' || differing(found)[0] !== caughtBy) wrong.push(name);
    }
    expect(wrong).toEqual([]);
    const twins = await audited(allClean(program), '');
    expect(twins.probes.flatMap(({ witness }) => witness ?? [])).toEqual([]);
    expect(twins.deliveries.ok).toBe(4);
    expect(causes.length).toBeGreaterThanOrEqual(8);
  }, 180_000);

  test("on the system's Python, what its process is given", async () => {
    const set = PYTHON_CAUSES.find(({ name }) => name === 'set_order')!;
    const { source, capsule } = set;
    const of = (side: Side) =>
      loaded({ 'impl/src/main.py': source }, capsule(side).manifest.interfaces, 'D1', {
        interpreter: 'system',
        memory_limit_mb: 256,
      });
    const found = await audited(of('planted'), '', { only: ['hash-seed', 'time-zone'] });
    expect([found.verdict, differing(found)]).toEqual(['held', ['hash-seed']]);
    expect((await audited(of('clean'), '', { atOnce: true })).verdict).toBe('granted');
  }, 60_000);

  test('what no run pins refutes a tier', async () => {
    const chance = causes.find(({ name }) => name === 'kernel_randomness')!;
    const found = await audited(chance.capsule('planted'), '', { atOnce: true });
    expect(found.verdict).toBe('refuted');
    expect(differing(found)).toContain('repeat');
  }, 60_000);

  test.skipIf(LACKS_MACHINE)(
    'in a machine it is the machine that pins it',
    async () => {
      const chance = causes.find(({ name }) => name === 'kernel_randomness')!;
      const capsule = { ...chance.capsule('planted', 'D0'), zone: 'ephemeral' as const };
      const found = await audited(capsule, '', { only: ['repeat', 'counter'] });
      expect([found.verdict, differing(found)]).toEqual(['held', ['counter']]);
    },
    300_000,
  );
});
