import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { putObject } from '../../src/store/objects.ts';
import { signCapsule } from '../../src/trust/sign.ts';
import { newKey } from '../trust/capsules.ts';
import { fix, keptIn, signedShop, stateOf } from './capsule.ts';
import type { Workshop } from './workshop.ts';

type At = (...names: string[]) => string;

describe('vnes verify --fix', () => {
  test.each<[string, (at: At) => void, readonly string[], readonly string[]]>([
    ['a mode', at => chmodSync(at('README.md'), 0o755), ['changed the mode: README.md'], []],
    ['setuid', at => chmodSync(at('README.md'), 0o4644), ['changed the mode: README.md'], []],
    ['an added file', at => writeFileSync(at('impl/extra'), 'mine'), ['moved aside: impl/extra'], ['mine']],
    [
      'line ends',
      at => writeFileSync(at('spec/logic.md'), '# Counter\r\n'),
      ['moved aside: spec/logic.md', 'brought back: spec/logic.md'],
      ['# Counter\r\n'],
    ],
    [
      'another case',
      at => renameSync(at('README.md'), at('Readme.md')),
      ['moved aside: Readme.md', 'brought back: README.md'],
      ['A counter, naïve.\n'],
    ],
    [
      'another Unicode form of folder and file',
      at => renameSync(at('größe'), at('größe'.normalize('NFD'))),
      [
        `moved aside: ${'größe/naïve'.normalize('NFD').replace('naïve'.normalize('NFD'), 'naïve')}`,
        `removed an empty folder: ${'größe'.normalize('NFD')}`,
        'brought back: größe/naïve',
      ],
      ['deep'],
    ],
    [
      'two files that traded places',
      at => {
        renameSync(at('README.md'), at('x'));
        renameSync(at('spec/logic.md'), at('README.md'));
        renameSync(at('x'), at('spec/logic.md'));
      },
      [
        'moved aside: README.md',
        'moved aside: spec/logic.md',
        'brought back: README.md',
        'brought back: spec/logic.md',
      ],
      ['# Counter\n', 'A counter, naïve.\n'],
    ],
    [
      'a hard link',
      at => linkSync(at('README.md'), at('../outside')),
      ['moved aside: README.md', 'brought back: README.md'],
      ['A counter, naïve.\n'],
    ],
    [
      'a link in place of a file that is elsewhere in the capsule',
      at => {
        renameSync(at('README.md'), at('impl/kept'));
        symlinkSync('impl/kept', at('README.md'));
      },
      ['moved aside: README.md', 'moved aside: impl/kept', 'brought back: README.md'],
      ['A counter, naïve.\n', 'impl/kept'],
    ],
  ])('undoes %s', async (_, damage, did, kept) => {
    const { shop, at } = await signedShop({ 'größe/naïve': 'deep' });
    const before = stateOf(at());
    damage(at);
    expect(stateOf(at())).not.toEqual(before);
    const fixed = await fix(shop);
    expect(fixed).toMatchObject({ admitted: true, codes: [] });
    expect([...fixed.did].sort()).toEqual([...did].sort());
    expect(stateOf(at())).toEqual(before);
    expect(kept.length > 0 ? keptIn(shop.folder) : []).toEqual(kept);
    expect(leftovers(shop)).toEqual([]);
  });

  test.each<[string, (shop: Workshop, at: At) => void, string]>([
    ['the index of git', shop => void shop.commit(), 'from the index'],
    [
      'the commit of git',
      shop => void shop.commit().git('rm', '-q', '--cached', 'counter/README.md'),
      'from HEAD',
    ],
    [
      'a recording',
      (shop, at) => void putObject(shop.at('.vnes/runs/0007'), readFileSync(at('README.md'))),
      'from the recording .vnes/runs/0007',
    ],
    [
      'the quarantine',
      (shop, at) => void putObject(shop.at('.vnes/quarantine'), readFileSync(at('README.md'))),
      'from the quarantine',
    ],
  ])('finds what is missing in %s', async (_, keep, detail) => {
    const { shop, at } = await signedShop();
    keep(shop, at);
    rmSync(at('README.md'));
    const fixed = await fix(shop);
    expect(fixed.admitted).toBe(true);
    expect(fixed.capsules[0]!.done).toEqual([{ did: 'brought back', path: 'README.md', detail }]);
  });

  test('takes back what it took out, and git blobs whose line ends were changed', async () => {
    const { shop, at } = await signedShop({ 'notes.txt': 'one\r\ntwo\r\n' });
    appendFileSync(at('README.md'), 'mine');
    shop.git('init', '-q', '--template=', '.');
    shop.git('-c', 'core.autocrlf=input', 'add', 'counter/notes.txt');
    expect(shop.git('cat-file', 'blob', ':counter/notes.txt')).toBe('one\ntwo\n');
    rmSync(at('notes.txt'));
    rmSync(at('README.md'));
    expect(await fix(shop)).toMatchObject({ admitted: false, did: [], codes: ['VNES2006', 'VNES2082'] });
    writeFileSync(at('README.md'), 'A counter, naïve.\n');
    const { capsules } = await fix(shop);
    expect(capsules[0]!.done[0]!.detail).toBe('from the index, with its line ends put right');
    await writeAndFix('README.md');

    async function writeAndFix(name: string): Promise<void> {
      renameSync(at(name), at('elsewhere'));
      expect((await fix(shop)).admitted).toBe(true);
      rmSync(at(name));
      const again = await fix(shop);
      expect(again.capsules[0]!.done[0]!.detail).toBe('from what was removed before');
    }
  });

  test('brings back a receipt of git that is true of what lies there, and no other', async () => {
    const { shop, at } = await signedShop();
    shop.commit();
    const before = stateOf(at());
    rmSync(at('receipt.stunir.json'));
    expect(await fix(shop)).toMatchObject({ admitted: true, did: ['brought back: receipt.stunir.json'] });
    expect(stateOf(at())).toEqual(before);
    writeFileSync(at('receipt.stunir.json'), '{}');
    expect(await fix(shop)).toMatchObject({ admitted: true });
    expect(keptIn(shop.folder)).toEqual(['{}']);
    rmSync(at('receipt.stunir.json'));
    appendFileSync(at('README.md'), 'mine');
    expect(await fix(shop)).toMatchObject({ admitted: false, did: [], codes: ['VNES2001', 'VNES2080'] });
  });

  test('does nothing under a receipt that nobody trusted signed, or too few', async () => {
    const { shop, at } = await signedShop();
    shop.commit();
    await signCapsule(at(), 'counter', newKey(), shop.ports);
    chmodSync(at('README.md'), 0o755);
    const before = stateOf(shop.folder);
    const fixed = await fix(shop);
    expect(fixed).toMatchObject({ admitted: false, did: [], codes: ['VNES2004', 'VNES2011', 'VNES2080'] });
    expect(stateOf(shop.folder)).toEqual(before);
    expect(readdirSync(shop.folder)).not.toContain('.vnes');
  });

  test('--dry-run tells what it would do, and touches nothing', async () => {
    const { shop, at } = await signedShop();
    chmodSync(at('README.md'), 0o755);
    writeFileSync(at('extra'), '');
    const before = stateOf(shop.folder);
    const fixed = await fix(shop, 'counter', '--dry-run');
    expect(fixed).toMatchObject({
      admitted: false,
      did: ['changed the mode: README.md', 'moved aside: extra'],
    });
    expect(stateOf(shop.folder)).toEqual(before);
    expect(readdirSync(shop.folder)).not.toContain('.vnes');
    expect(await fix(shop)).toMatchObject({ admitted: true, did: fixed.did });
  });

  test('is about folders', async () => {
    const { shop } = await signedShop();
    for (const words of [['--staged'], ['--since', 'HEAD'], ['--tree', 'HEAD'], ['--trust-from', 'HEAD']]) {
      await expect(shop.run(['verify', '--fix', ...words])).rejects.toThrow('VNES9006');
    }
    await expect(shop.run(['verify', '--dry-run'])).rejects.toThrow('VNES9006');
  });

  test('keeps each thing with a record of where it was, and the second of two with the same bytes', async () => {
    const { shop, at } = await signedShop();
    writeFileSync(at('one'), 'same');
    writeFileSync(at('impl/two'), 'same', { mode: 0o755 });
    execFileSync('mkfifo', [at('pipe')]);
    writeFileSync(Buffer.concat([Buffer.from(at('bad')), Buffer.from([0xff])]), 'bytes');
    expect((await fix(shop)).admitted).toBe(true);
    expect(keptIn(shop.folder)).toEqual(['bytes', 'same']);
    const store = shop.at('.vnes/removed');
    const records = readdirSync(store)
      .filter(name => name.endsWith('.json'))
      .map(name => JSON.parse(readFileSync(path.join(store, name), 'utf8')));
    expect(records.map(({ path: where, kind, mode }) => `${where} ${kind} ${mode}`).sort()).toEqual([
      'badÿ file 644',
      'impl/two file 755',
      'one file 644',
      'pipe other 644',
    ]);
    expect(records.find(({ kind }) => kind === 'file' && kind).capsule).toBe(at());
    const other = readdirSync(store).find(name => /^other-[^.]+$/.test(name))!;
    expect(lstatSync(path.join(store, other)).isFIFO()).toBe(true);
    expect(leftovers(shop)).toEqual([]);
  });

  test('keeps what it takes out of the capsule that one works in beside that capsule', async () => {
    const { shop, at } = await signedShop();
    mkdirSync(at('impl/src/deep'));
    writeFileSync(at('extra'), 'mine');
    for (const cwd of [at(), at('impl/src/deep')]) {
      writeFileSync(at('extra'), 'mine');
      expect((await fix(shop.from(cwd), at())).admitted).toBe(true);
      expect(keptIn(shop.folder)).toEqual(['mine']);
    }
    expect(readdirSync(at())).not.toContain('.vnes');
  });

  test('does all that it can of several capsules, and says what it did of which', async () => {
    const { shop, key, at } = await signedShop();
    execFileSync('cp', ['-a', at(), shop.at('other')]);
    execFileSync('cp', ['-a', at(), shop.at('bad')]);
    const manifest = JSON.parse(readFileSync(at('manifest.json'), 'utf8'));
    writeFileSync(shop.at('other/manifest.json'), JSON.stringify({ ...manifest, id: 'user.ada.other' }));
    await signCapsule(shop.at('other'), 'other', key, shop.ports);
    for (const name of ['counter', 'other']) writeFileSync(shop.at(name, 'extra'), name);
    rmSync(shop.at('bad/README.md'));
    const fixed = await fix(shop, '.');
    expect(fixed.capsules.map(({ folder, done }) => [folder, done.length])).toEqual([
      ['bad', 0],
      ['counter', 1],
      ['other', 1],
    ]);
    expect(fixed.codes).toEqual(['VNES2006', 'VNES2082']);
  });
});

/** Temporary files that were not taken away. */
function leftovers(shop: Workshop): readonly string[] {
  return readdirSync(shop.folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.partial'),
  );
}
