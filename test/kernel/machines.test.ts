import { beforeAll, describe, expect, test } from 'vitest';
import type { Tier } from '../../src/capsule/tier.ts';
import type { Zone } from '../../src/capsule/zone.ts';
import type { LoadedCapsule } from '../../src/kernel/binding.ts';
import { machineOf, refuseOtherMachine } from '../../src/kernel/machines.ts';
import type { HeaderRecord, RecordedMachine } from '../../src/store/record.ts';
import { LACKS_MACHINE } from '../machine.ts';

function capsule(
  id: string,
  interfaces: object,
  tier: Tier = 'D0_bit_exact',
  zone: Zone = 'ephemeral',
  bindings: Readonly<Record<string, string>> = {},
): LoadedCapsule {
  return { manifest: { id, interfaces }, tier, zone, bindings } as unknown as LoadedCapsule;
}

const PROGRAM = { native: 'impl/capsule' };
const native = capsule('test.native', PROGRAM);
const header = (machine?: RecordedMachine) => ({ machine }) as HeaderRecord;
const all = () => true;

test('a run without programs in machines depends on none', async () => {
  const others = [
    capsule('test.wasm', { wasm: 'impl/capsule.wasm' }),
    capsule('test.near', PROGRAM, 'D1_numerically_stable', 'tenant'),
    { ...native, weakened: 'process' },
  ];
  expect(await machineOf(others)).toBeUndefined();
});

describe.skipIf(LACKS_MACHINE)('a recording from a machine', () => {
  let here: RecordedMachine;
  beforeAll(async () => {
    here = (await machineOf([native]))!;
  });

  test('names QEMU, the kernel and the arguments', () => {
    expect(here).toEqual({
      qemu: { version: expect.stringMatching(/^\d+\./), digest: expect.stringMatching(/^sha256:/) },
      kernel: { version: expect.stringMatching(/^vmlinuz/), digest: expect.stringMatching(/^sha256:/) },
      arguments: expect.arrayContaining(['-icount', 'shift=4,sleep=off']),
    });
  });

  test('is replayed in the same machine', async () => {
    await refuseOtherMachine(header(here), [native], all);
  });

  const other = () => ({ ...here, kernel: { ...here.kernel, version: 'vmlinuz-0' } });

  test('is refused in another one, which is named', async () => {
    await expect(refuseOtherMachine(header(other()), [native], all)).rejects.toMatchObject({
      diagnostics: [
        {
          code: 'VNES8112',
          expected: expect.stringMatching(/^kernel vmlinuz-0 \(sha256:[0-9a-f]+\)$/),
          found: expect.stringContaining(here.kernel.version),
        },
      ],
    });
    await expect(refuseOtherMachine(header(), [native], all)).rejects.toThrow('VNES8112');
    const caller = capsule('test.caller', { wasm: 'x' }, 'D0_bit_exact', 'ephemeral', {
      'geo.near': 'test.native',
    });
    const calling = refuseOtherMachine(header(other()), [native, caller], id => id === 'test.caller');
    await expect(calling).rejects.toThrow('VNES8112');
  });

  test('is replayed anywhere where nothing that depends on it is executed, or is bit-exact', async () => {
    await refuseOtherMachine(header(other()), [native], () => false);
    await refuseOtherMachine(header(other()), [{ ...native, tier: 'D1_numerically_stable' }], all);
  });
});
