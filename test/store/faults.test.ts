import { describe, expect, it } from 'vitest';
import {
  countOperations,
  faultAt,
  fullDisk,
  powerCuts,
  shortWrites,
  tornWrites,
  WORKLOADS,
} from './faults/simulate.ts';

const seed = Number(process.env.VNES_SEED) || 20261123;

describe.each(Object.keys(WORKLOADS))('%s', name => {
  it('survives a loss of power after every operation', () => {
    expect(powerCuts(name, seed, { each: 5 })).toBeGreaterThan(100);
  });

  it('on a disk that lies about its syncs, loses nothing without saying so', () => {
    expect(powerCuts(name, seed, { each: 5, lying: (_, chance) => chance(3) === 0 })).toBeGreaterThan(100);
  });

  it('survives writes that are torn at any byte', () => {
    expect(tornWrites(name, name === 'only a seal' ? 1 : 31)).toBeGreaterThan(50);
  });

  it.each(['EIO', 'ENOSPC', 'EDQUOT'])(
    'ends well or with its code when any one operation fails with %s',
    code => {
      const operations = countOperations(name);
      const failed = new Set<string>();
      for (let call = 1; call <= operations; call += 1) failed.add(faultAt(name, call, code));
      expect([...failed]).toEqual(
        expect.arrayContaining(['makeFolder', 'create', 'write', 'sync', 'syncFolder', 'rename', 'close']),
      );
    },
  );

  it('ends with its code on a full disk, and goes on with nothing when there is space again', () => {
    const outcomes = new Set<string>();
    for (let space = 0; space < 12_000; space += 307) outcomes.add(fullDisk(name, space));
    expect(outcomes).toEqual(new Set(['VNES8005', 'done']));
  });

  it('goes on where a disk takes a few bytes at a time', () => {
    for (const piece of [1, 7, 512]) shortWrites(name, piece);
  });
});

it.each(['sync', 'syncFolder'] as const)('a writer that never calls %s would be found', left => {
  const lying = (operation: string): boolean => operation === left;
  expect(() => powerCuts('crossing segments', seed, { each: 5, lying, told: false })).toThrow();
});
