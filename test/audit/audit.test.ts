import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import type { Delivery, Outcome } from '../../src/capsule/event.ts';
import { FrameView } from '../../src/kernel/batch.ts';
import { together } from '../../src/lab/audit/change.ts';
import { PERTURBATIONS } from '../../src/lab/audit/perturbations.ts';
import { inPortions } from '../../src/lab/audit/portions.ts';
import type { InstanceOptions, Rung } from '../../src/sandbox/contract.ts';
import { CACHE } from '../python/python.ts';
import { options, scripts, spec, stateOf } from '../sandbox/probe.ts';
import { loaded, PYTHON_CAUSES } from './python-case.ts';
import { audited, differing, INPUT, referenceOf } from './run.ts';

const cause = (name: string) => PYTHON_CAUSES.find(each => each.name === name)!;
const only = ['hash-seed'];

describe('what is asked is what the tier promises', () => {
  test('D1 lets last digits differ, and no more', async () => {
    expect(await audited(cause('float_order').capsule('planted', 'D1'), CACHE, { only })).toMatchObject({
      tier: 'D1_numerically_stable',
      verdict: 'granted',
    });
    const order = await audited(cause('set_order').capsule('planted', 'D1'), CACHE, { only, briefly: true });
    expect(order.verdict).toBe('held');
  }, 60_000);

  test('D2 lets the order of events differ, and what the manifest leaves out', async () => {
    const source =
      "import vnes\ndef run(event):\n    for name in {'a', 'b', 'c', 'd', 'e', 'f'}:\n        vnes.publish('out.v1', {'name': name, 'said': hash(name)})";
    const capsule = (ignore: readonly string[]) =>
      loaded({ 'impl/src/main.py': source }, { python: 'impl.src.main:run' }, 'D2', {
        projection: { ignore },
      });
    expect((await audited(capsule(['/said']), CACHE, { only })).verdict).toBe('granted');
    expect((await audited(capsule([]), CACHE, { only, briefly: true })).verdict).toBe('held');
  }, 60_000);

  test('a capsule that promises nothing is not audited', async () => {
    await expect(audited(cause('identity').capsule('planted', 'NX'), CACHE)).rejects.toThrow('VNES8105');
  }, 60_000);
});

describe('an audit that would prove nothing is refused', () => {
  test('when no delivery goes well', async () => {
    const source = 'import vnes\ndef run(event):\n    raise vnes.Refusal("never")';
    const capsule = loaded({ 'impl/src/main.py': source }, { python: 'impl.src.main:run' }, 'D0');
    await expect(audited(capsule, CACHE)).rejects.toThrow('VNES8105');
  }, 60_000);

  test('when the capsule is not there, or the perturbation', async () => {
    const capsule = cause('set_order').capsule('clean');
    const reference = await referenceOf(capsule, CACHE, INPUT.slice(0, 1));
    await expect(audited(capsule, CACHE, { reference, id: 'audit.other' })).rejects.toThrow('VNES8105');
    await expect(audited(capsule, CACHE, { reference, only: ['phase-of-moon'] })).rejects.toThrow('VNES8106');
  }, 60_000);
});

test('a sandbox that fails says nothing about the capsule, only when it did', async () => {
  const capsule = cause('set_order').capsule('clean');
  const reference = await referenceOf(capsule, CACHE, INPUT.slice(0, 1));
  const elsewhere = { ...reference, capsules: [{ ...capsule, zone: 'ephemeral' as const }] };
  const failing = audited(capsule, CACHE, { reference: elsewhere, only: ['hash-seed'] });
  await expect(failing).rejects.toThrow(/VNES5009 .*\(in a run for hash-seed\)/);
}, 60_000);

test('a capsule that refuses to start when something was changed has its tier refuted', async () => {
  const source =
    "import os, vnes\ndef init(config):\n    if os.environ['HOME'] != '/': raise vnes.Refusal('not at home')\ndef run(event):\n    vnes.publish('out.v1', 1)";
  const capsule = loaded({ 'impl/src/main.py': source }, { python: 'impl.src.main:run' }, 'D0');
  const found = await audited(capsule, CACHE, { only: ['environment'] });
  expect(found.probes[0]!.witness).toMatchObject({ what: 'init', actual: '"not at home"' });
}, 60_000);

test('what shows only when several things change is found when all change at once', async () => {
  const source =
    "import os, time, vnes\ndef run(event):\n    other = os.environ['HOME'] != '/' and time.time() * 1000 != event.time\n    vnes.publish('out.v1', other)";
  const capsule = loaded({ 'impl/src/main.py': source }, { python: 'impl.src.main:run' }, 'D0');
  const both = ['environment', 'clock'];
  expect((await audited(capsule, CACHE, { only: both })).verdict).toBe('granted');
  const found = await audited(capsule, CACHE, { only: both, atOnce: true, briefly: true });
  expect([found.verdict, differing(found)]).toEqual(['held', ['everything']]);
}, 60_000);

test('names of perturbations are told apart, and each says what to use instead', () => {
  const names = PERTURBATIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { help, what, changes } of PERTURBATIONS) {
    expect([help.length > 10, what.length > 5, changes(0).length > 0]).toEqual([true, true, true]);
  }
});

test('changes are laid together without losing any', () => {
  const all = together([
    {
      most: 3,
      sandbox: { startup: { flags: ['--a'] }, unpinned: { stackBytes: 5, python: { prelude: 'a\n' } } },
    },
    { renew: true, sandbox: { startup: { env: { B: '1' } }, variant: { hashSeed: 1 } } },
    {
      most: 2,
      sandbox: {
        startup: { flags: ['--c'] },
        unpinned: { pads: [1], python: { prelude: 'c\n' } },
        variant: { nans: 'negative' },
      },
    },
  ]);
  expect(all).toEqual({
    most: 2,
    renew: true,
    sandbox: {
      startup: { flags: ['--a', '--c'], env: { B: '1' } },
      unpinned: { stackBytes: 5, pads: [1], python: { prelude: 'a\nc\n' } },
      variant: { hashSeed: 1, nans: 'negative' },
    },
  });
});

describe('a batch in portions', () => {
  const seen: JsonValue[] = [];
  const calls: string[] = [];
  let portioned: Awaited<ReturnType<Rung['start']>>;
  const OK: Outcome = { kind: 'ok', effects: { published: [], writes: [], logs: [] } };
  /** Counts in the state, which it asks of its host each time. */
  const counting: Rung = {
    name: 'worker',
    start: async ({ state }: InstanceOptions) => ({
      init: async () => OK,
      renew: async () => {
        calls.push('renew');
        return OK;
      },
      stop: async () => {},
      handle: async (batch: readonly Delivery[]) => {
        calls.push(`handle ${batch.length}`);
        const before = (state.get('own/n') as number | undefined) ?? 0;
        seen.push(before);
        const writes = [{ key: 'own/n', value: before + batch.length }];
        return batch.map((_, index) =>
          index === 0 ? { kind: 'ok', effects: { published: [], writes, logs: [] } } : OK,
        );
      },
    }),
  };
  beforeAll(async () => {
    const state = new FrameView(stateOf({}));
    portioned = await inPortions(counting, { most: 2, renew: true }).start(
      options(spec(new Uint8Array()), { state }),
    );
  });
  afterAll(() => portioned.stop());

  test('sees the state as the batch in one piece does', async () => {
    expect(await portioned.handle(scripts('a', 'b', 'c', 'd', 'e'))).toHaveLength(5);
    expect([seen, calls]).toEqual([
      [0, 2, 4],
      ['handle 2', 'renew', 'handle 2', 'renew', 'handle 1'],
    ]);
  });

  test('and forgets what the kernel did not take', async () => {
    await portioned.handle(scripts('f'));
    expect(seen.at(-1)).toBe(0);
  });
});

test('a witness names the line of the effect, and where the two runs went apart', async () => {
  const witness = async (name: string) => {
    const found = await audited(cause(name).capsule('planted'), CACHE, { only: [cause(name).caughtBy] });
    return found.probes[0]!.witness!;
  };
  expect(await witness('float_order')).toMatchObject({
    what: 'published[0]',
    event: 0,
    at: 'impl/src/main.py:18 in planted',
    origin: {
      at: 'impl/src/main.py:10 in total',
      variable: 'names',
      recorded: expect.stringMatching(/^set\('w\d+/),
    },
    differences: [{ pointer: '/payload' }],
  });
  expect(await witness('deadline')).toMatchObject({
    at: 'impl/src/main.py:17 in planted',
    origin: { variable: 'start', recorded: '1709164200.0' },
  });
  expect(await witness('trap_text')).toMatchObject({ what: 'outcome', at: 'impl/src/main.py:8 in planted' });
}, 120_000);
