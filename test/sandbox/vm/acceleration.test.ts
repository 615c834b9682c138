import { expect, test } from 'vitest';
import { examineAcceleration, obstacleToBooting } from '../../../src/sandbox/vm/acceleration.ts';
import { findVmParts, type VmParts } from '../../../src/sandbox/vm/parts.ts';
import { LACKS_MACHINE } from '../../machine.ts';

test('what has no device for acceleration is told so', async () => {
  expect(await examineAcceleration('/nowhere/kvm')).toEqual({
    name: 'kvm',
    state: 'missing',
    reason: 'there is no /nowhere/kvm',
  });
  expect(await examineAcceleration('/dev/null/kvm')).toMatchObject({
    state: 'missing',
    reason: '/dev/null/kvm cannot be opened (ENOTDIR)',
  });
});

test.skipIf(LACKS_MACHINE)(
  'a kernel that boots is told from one that does not',
  async () => {
    const parts = findVmParts() as VmParts;
    const counted = ['-accel', 'tcg', '-icount', 'shift=4,sleep=off'];
    expect(await obstacleToBooting(parts, counted, 100_000)).toBeUndefined();
    expect(await obstacleToBooting({ ...parts, kernel: '/dev/null' }, counted, 100_000)).toMatch(/kernel/);
    const hangs = await obstacleToBooting(parts, [...counted, '-S'], 100);
    expect(hangs).toBe('a kernel did not boot within 0.1 seconds');
  },
  120_000,
);
