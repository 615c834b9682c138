import { beforeAll, expect, test } from 'vitest';
import type { Digest } from '../../src/base/digest.ts';
import { capsuleName } from '../../src/capsule/manifest.ts';
import { boot } from '../../src/kernel/boot.ts';
import type { Lock } from '../../src/registry/lock.ts';
import { type Workshop, workshop } from './network.ts';

let shop: Workshop;
let one: string;
let newer: string;
let other: string;

beforeAll(async () => {
  shop = await workshop();
  newer = shop.add('test.one', { version: '1.1.0' });
  one = shop.add('test.one.old', { id: 'test.one' });
  other = shop.add('test.other');
});

async function booted(folders: readonly string[], content?: Lock): Promise<readonly string[] | string> {
  const lock = content && { content, file: 'vnes.lock.json' };
  const request = { folders, cwd: shop.dir, trust: shop.trust, zone: 'system' as const, lock };
  try {
    return (await boot(request)).capsules.map(({ manifest }) => capsuleName(manifest));
  } catch (error) {
    return (error as Error).message.slice(0, 'VNES0000'.length);
  }
}

test('a lock file is what runs, and nothing else', async () => {
  const { capsules } = await boot({ folders: [one], cwd: shop.dir, trust: shop.trust, zone: 'system' });
  const tree: Digest = capsules[0]!.tree;
  const locked = { id: 'test.one', version: '1.0.0', tree, bindings: {} };
  const lock: Lock = { version: 1, roots: ['test.one'], capsules: [locked] };
  expect(await booted([one, newer, other], lock)).toEqual(['test.one@1.0.0']);
  expect(await booted([newer, other], lock)).toBe('VNES4011');
  expect(await booted([other], lock)).toBe('VNES4009');
  expect(await booted([one], { ...lock, capsules: [{ ...locked, tree: `sha256:${'0'.repeat(64)}` }] })).toBe(
    'VNES4012',
  );
  expect(await booted([one, other])).toEqual(['test.one@1.0.0', 'test.other@1.0.0']);
});
