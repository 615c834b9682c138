import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readTrustFile } from '../../src/trust/store.ts';
import { type Case, CLIENTS } from './clients/clients.ts';
import { receiptOf, type Subject } from './mutants/capsule.ts';
import { isSame } from './mutants/judge.ts';
import { makeOriginals } from './mutants/originals.ts';
import { Random } from './mutants/random.ts';
import { RECEIPT_OPERATORS } from './mutants/receipts.ts';

const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures/demo');
const originals = makeOriginals('clients');
/** With one signature each: a bundle of sigstore holds no more. */
const single = originals.subjects.filter(subject => JSON.parse(receiptOf(subject)).signatures.length === 1);

/** Receipts as vnes writes them, of the demo's capsules too. */
function receipts(): Case[] {
  const ours = single.map(subject => ({ receipt: receiptOf(subject), key: originals.ada.public }));
  return [...ours, ...demoReceipts()];
}

function demoReceipts(): Case[] {
  const keys = readTrustFile(path.join(FIXTURES, 'vnes.trust.json'));
  const folders = readdirSync(path.join(FIXTURES, 'capsules'));
  return folders.map(folder => {
    const receipt = readFileSync(path.join(FIXTURES, 'capsules', folder, 'receipt.stunir.json'), 'utf8');
    const { keyid } = JSON.parse(receipt).signatures[0];
    return { receipt, key: keys.find(({ key }) => key.id === keyid)!.key };
  });
}

/** Other payloads, other signatures and exchanged parts: what any verifier of signatures has to see. */
function mutants(): (Case & { name: string })[] {
  const operators = RECEIPT_OPERATORS.filter(({ name }) => /^(?:payload|signature|receipt): /.test(name));
  return operators.flatMap(({ name, apply }) =>
    single.slice(0, 2).flatMap((subject, index) => {
      const random = new Random(`${name} ${index}`);
      const mutant = apply(subject, { random, originals });
      if (!mutant || isSame(subject, mutant) || isTrue(mutant)) return [];
      return [{ name, receipt: receiptOf(mutant), key: originals.ada.public }];
    }),
  );
}

/** Whether it is the whole receipt of another capsule: its signature does hold, only not for this one. */
function isTrue(mutant: Subject): boolean {
  return originals.subjects.some(subject => receiptOf(subject) === receiptOf(mutant));
}

describe.each(CLIENTS)('$name', ({ name, missing, accepts }) => {
  const absent = missing !== undefined;
  if (absent) process.stderr.write(`skipped: ${name}: ${missing}\n`);

  test.skipIf(absent)('accepts every receipt', () => {
    const cases = receipts();
    expect(cases.length).toBeGreaterThan(8);
    expect(accepts(cases)).toEqual(cases.map(() => true));
  });

  test.skipIf(absent)('rejects every mutant', () => {
    const cases = mutants();
    expect(cases.length).toBeGreaterThan(50);
    const verdicts = accepts(cases);
    expect(cases.filter((_, index) => verdicts[index] !== false).map(each => each.name)).toEqual([]);
  });

  test.skipIf(absent)('rejects the receipts under another key', () => {
    const cases = receipts().map(({ receipt }) => ({ receipt, key: originals.nobody.public }));
    expect(accepts(cases)).toEqual(cases.map(() => false));
  });
});
