import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Diagnostic, Failure } from '../../src/base/diagnostic.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { TreeFile } from '../../src/capsule/tree.ts';
import { applyPlan } from '../../src/registry/repair/apply.ts';
import type { Plan } from '../../src/registry/repair/plan.ts';
import { planFor } from '../../src/registry/repair/repair.ts';
import { Sources } from '../../src/registry/repair/sources.ts';
import { loadTrust } from '../../src/trust/store.ts';
import { runCli } from '../cli/run.ts';
import { fix, keptIn, listed, sign, signedShop, stateOf } from './capsule.ts';
import type { Workshop } from './workshop.ts';

const EVIL = 'what an attacker wants to be somewhere';

/** A listed file with this content. */
function file(path: string, content = EVIL): TreeFile {
  return { path, mode: '100644', size: Buffer.byteLength(content), sha256: sha256(content) };
}

describe('a receipt that somebody signed who may, but that lists', () => {
  test.each([
    '../evil',
    '../../evil',
    'impl/../../evil',
    'impl/..',
    '..',
    '.',
    './evil',
    'impl//evil',
    'impl/',
    '/tmp/vnes-evil',
    '\\evil',
    'C:evil',
    '.git/hooks/pre-commit',
    '.vnes/removed/evil',
    'node_modules/evil/index.js',
    'receipt.stunir.json',
    'receipt.stunir.json/evil',
    'RECEIPT.stunir.json',
    'readme.md',
    'README.md/evil',
    'impl/src',
    'con',
    'evil.',
    'evil\n',
    'evil\u202e',
    'e\u0301vil',
    `${'deep/'.repeat(70)}evil`,
  ])('%j is not followed', async hostile => {
    const { shop, key, at } = await signedShop();
    mkdirSync(at('.git/hooks'), { recursive: true });
    // The content is at hand, so that nothing but the name stands in the way.
    writeFileSync(at('evil-source'), EVIL);
    sign(
      at(),
      key,
      [...listed(at()), file(hostile)].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    );
    const before = stateOf(shop.folder);
    const fixed = await fix(shop);
    expect(fixed).toMatchObject({ admitted: false, did: [] });
    expect(fixed.codes).toContain('VNES2080');
    expect(stateOf(shop.folder)).toEqual(before);
    expect(readdirSync(at('.git/hooks'))).toEqual([]);
    expect(readdirSync(shop.folder)).not.toContain('.vnes');
  });

  test('a file twice, or with another size, is not followed', async () => {
    const { shop, key, at } = await signedShop();
    const files = listed(at());
    for (const more of [files[0]!, { ...file('evil'), size: 1 }]) {
      sign(at(), key, [...files, more]);
      const before = stateOf(shop.folder);
      expect(await fix(shop)).toMatchObject({ admitted: false, did: [] });
      expect(stateOf(shop.folder)).toEqual(before);
    }
  });
});

describe('links', () => {
  test('in place of a folder are taken away, and nothing behind them is touched', async () => {
    const { shop, at } = await signedShop();
    const before = stateOf(at());
    renameSync(at('impl'), shop.at('outside'));
    symlinkSync('../outside', at('impl'));
    execFileSync('cp', ['-a', shop.at('outside'), at('copy')]);
    const outside = stateOf(shop.at('outside'));
    expect(await fix(shop)).toMatchObject({ admitted: true });
    expect(stateOf(at())).toEqual(before);
    expect(stateOf(shop.at('outside'))).toEqual(outside);
  });

  test('as the store are not followed', async () => {
    for (const place of ['.vnes', '.vnes/removed']) {
      const { shop, at } = await signedShop();
      mkdirSync(shop.at('outside'));
      if (place !== '.vnes') mkdirSync(shop.at('.vnes'));
      symlinkSync(shop.at('outside'), shop.at(place));
      writeFileSync(at('extra'), 'mine');
      const before = stateOf(at());
      expect(await fix(shop)).toMatchObject({ admitted: false, did: [], codes: ['VNES2005', 'VNES1012'] });
      expect(stateOf(at())).toEqual(before);
      expect(readdirSync(shop.at('outside'))).toEqual([]);
    }
  });

  test('by which a capsule is named lead to that capsule, and stay', async () => {
    const { shop, at } = await signedShop();
    symlinkSync('counter', shop.at('link'));
    writeFileSync(at('extra'), 'mine');
    expect(await fix(shop, 'link')).toMatchObject({ admitted: true, did: ['moved aside: extra'] });
    expect(readdirSync(shop.folder)).toContain('link');
  });
});

describe('somebody who writes at the same time', () => {
  test('between verifying and fixing is noticed, and nothing is done', async () => {
    const { shop, at } = await signedShop();
    writeFileSync(at('extra'), 'mine');
    const plan = await planned(shop);
    appendFileSync(at('README.md'), 'new work');
    const before = stateOf(at());
    expect(await attempt(plan, shop)).toMatchObject([{ code: 'VNES2081' }]);
    expect(stateOf(at())).toEqual(before);
  });

  test('and swaps a folder for a link while files are brought back leads nothing outside', async () => {
    const { shop, at } = await signedShop({ 'spec/more/one.txt': '1', 'spec/more/two.txt': '2' });
    shop.commit();
    rmSync(at('spec/more/one.txt'));
    rmSync(at('spec/more/two.txt'));
    mkdirSync(shop.at('outside'));
    const plan = await planned(shop);
    let swapped = false;
    const swap = () => {
      if (swapped) return;
      swapped = true;
      renameSync(at('spec/more'), shop.at('was'));
      symlinkSync('../../outside', at('spec/more'));
    };
    expect(await attempt(plan, shop, swap)).toMatchObject([{ code: 'VNES2081' }]);
    expect(readdirSync(shop.at('outside'))).toEqual([]);
    expect(readdirSync(shop.at('was'))).toEqual(['one.txt']);
  });

  test('and writes a file where one is brought back keeps it', async () => {
    const { shop, at } = await signedShop();
    shop.commit();
    rmSync(at('README.md'));
    rmSync(at('spec/logic.md'));
    const plan = await planned(shop);
    const write = () => writeFileSync(at('spec/logic.md'), 'new work');
    expect(await attempt(plan, shop, write)).toMatchObject([{ code: 'VNES2081' }]);
    expect(readFileSync(at('spec/logic.md'), 'utf8')).toBe('new work');
  });

  test("and swaps a file for another name of somebody else's does not get that one changed", async () => {
    const { shop, at } = await signedShop();
    chmodSync(at('README.md'), 0o755);
    chmodSync(at('manifest.json'), 0o755);
    writeFileSync(shop.at('victim'), 'x');
    const plan = await planned(shop);
    const swap = () => {
      for (const name of ['README.md', 'manifest.json']) {
        rmSync(at(name));
        linkSync(shop.at('victim'), at(name));
      }
    };
    const before = statSync(shop.at('victim')).mode;
    expect(await attempt(plan, shop, swap)).toMatchObject([{ code: 'VNES2081' }]);
    expect(statSync(shop.at('victim')).mode).toBe(before);
  });

  test('and edits what is taken out finds the edit in the store', async () => {
    const { shop, at } = await signedShop();
    writeFileSync(at('extra'), 'mine');
    writeFileSync(at('extra2'), 'mine too');
    const plan = await planned(shop);
    const edit = () => appendFileSync(at('extra2'), ', edited');
    expect(await attempt(plan, shop, edit)).toMatchObject([{ code: 'VNES2081' }]);
    expect(keptIn(shop.folder)).toEqual(['mine', 'mine too, edited']);
  });
});

test('a capsule inside another is fixed alone, where it is named, and left to the outer one otherwise', async () => {
  const { shop, at } = await signedShop();
  execFileSync('cp', ['-a', at(), shop.at('inner')]);
  renameSync(shop.at('inner'), at('inner'));
  writeFileSync(at('inner/extra'), 'mine');
  expect(await fix(shop.from(at()), 'inner')).toMatchObject({ admitted: true, did: ['moved aside: extra'] });
  expect(keptIn(shop.folder)).toEqual(['mine']);
  const { did, admitted } = await fix(shop);
  expect(admitted).toBe(true);
  expect(did).toContain('moved aside: inner/receipt.stunir.json');
  expect(readdirSync(at())).not.toContain('inner');
});

test('a disk that takes no more leaves the capsule as it was, and no half file', async () => {
  const big = 'x'.repeat(300_000);
  const { shop, at } = await signedShop({ 'big.txt': big });
  shop.commit();
  writeFileSync(at('big.txt'), 'small');
  const before = stateOf(at());
  // A limit on the size of files fails in the middle of a write, as a full disk does.
  const node = [process.execPath, `${process.cwd()}/src/cli/entry.ts`];
  const words = ['--json', 'verify', '--fix', '--trust', 'trust.json', 'counter'];
  const { stdout } = await runCli(words, {
    cwd: shop.folder,
    env: { NODE: node.join(' ') },
    program: { node: '/bin/sh', script: limited(shop) },
  });
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] };
  expect(diagnostics.map(({ code, found }) => [code, found]).at(-1)).toEqual(['VNES1012', 'EFBIG']);
  expect(stateOf(at())).toEqual(before);
  expect(readdirSync(shop.at('.vnes/removed'))).toEqual([]);
});

function limited(shop: Workshop): string {
  const script = shop.at('limited.sh');
  writeFileSync(script, 'trap "" XFSZ\nulimit -f 200\nexec $NODE "$@"\n');
  return script;
}

async function planned(shop: Workshop): Promise<Plan> {
  const sources = await Sources.open(shop.ports);
  try {
    return (await planFor(shop.at('counter'), 'counter', sources))!;
  } finally {
    sources.close();
  }
}

/** Does what was planned, with `meanwhile` after each thing that was done; the diagnostics of the failure. */
async function attempt(plan: Plan, shop: Workshop, meanwhile = () => {}): Promise<readonly Diagnostic[]> {
  const trust = await loadTrust({ file: shop.at('trust.json'), capsules: [] }, shop.ports);
  try {
    applyPlan(plan, plan.chosen(trust)!, shop.ports, meanwhile);
    return [];
  } catch (error) {
    return (error as Failure).diagnostics;
  }
}
