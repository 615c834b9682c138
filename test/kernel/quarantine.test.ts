import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listQuarantine, updateQuarantine } from '../../src/kernel/quarantine.ts';
import type { Verdict } from '../../src/trust/verdict.ts';
import { room } from './network.ts';

const refused = (tree: string): Verdict => ({
  folder: 'capsule',
  grade: 'quarantined',
  admitted: false,
  tree: `sha256:${tree.repeat(64)}`,
  signers: [],
  checks: [],
});

test('a capsule is in quarantine since its content was refused first, and out of it once it passes', () => {
  const dir = join(room(), 'quarantine');
  const since = () => listQuarantine(dir).map(record => record.since.slice(0, 4));
  updateQuarantine(dir, [refused('a')], Date.UTC(2020));
  updateQuarantine(dir, [refused('a')], Date.UTC(2021));
  expect(since()).toEqual(['2020']);
  updateQuarantine(dir, [refused('b')], Date.UTC(2022));
  expect(since()).toEqual(['2022']);
  updateQuarantine(dir, [{ ...refused('b'), admitted: true }], Date.UTC(2023));
  expect(since()).toEqual([]);
});
