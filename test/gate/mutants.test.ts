import { expect, test } from 'vitest';
import { OPERATORS, runMutants, runNeutral } from './mutants/run.ts';

const SEED = 'vnes';

test('500 mutants of signed capsules: none is admitted', async () => {
  const { mutants, failures, applied, refusedBy } = await runMutants(500, SEED);
  expect(failures).toEqual([]);
  expect(mutants).toBe(500);
  expect(applied.size).toBe(OPERATORS.length);
  // Every line of defence is met by some mutant.
  expect([...refusedBy.keys()]).toEqual(
    expect.arrayContaining([
      'layout',
      'manifest.schema',
      'receipt.present',
      'receipt.format',
      'receipt.subject',
      'receipt.files',
      'receipt.signatures',
      'authority',
    ]),
  );
});

test('what changes nothing that counts is refused, or changes nothing in the verdict', async () => {
  expect(await runNeutral(SEED)).toEqual([]);
});

test('a number stands for one mutant, and other seeds for others', async () => {
  const once = await runMutants(0, SEED, 77);
  expect(once.mutants).toBe(1);
  expect(await runMutants(0, SEED, 77)).toEqual(once);
});
