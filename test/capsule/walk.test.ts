import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { hashFile } from '../../src/capsule/hash-file.ts';
import { foldName, judgeName } from '../../src/capsule/names.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import { makeCapsule, temporaryFolder, writeFiles } from '../trust/capsules.ts';

/** Only root may make devices, and not in every container. */
const CAN_MAKE_DEVICES = (() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vnes-device-'));
  const { status } = spawnSync('mknod', [path.join(folder, 'device'), 'c', '1', '3'], { stdio: 'ignore' });
  rmSync(folder, { recursive: true });
  if (status !== 0) process.stderr.write('skipped: no devices can be made here\n');
  return status === 0;
})();

function twoFiles(one: string, other: string): void {
  for (const file of [one, other]) writeFileSync(file, '');
}

function codesOf(folder: string) {
  return walkCapsule(folder, { shownAs: 'capsule' }).problems.map(({ code }) => code);
}

describe('walkCapsule', () => {
  test('lists files by the bytes of their paths, with mode, size and digest', () => {
    const folder = temporaryFolder();
    writeFiles(folder, { b: 'two', 'a/x': 'z', 'a.txt': 'ä' });
    chmodSync(path.join(folder, 'a/x'), 0o755);
    writeFiles(folder, {
      'receipt.stunir.json': '{}',
      'node_modules/x/y': 'no',
      '.vnes/runs/0001/journal': 'no',
      '.git/HEAD': 'no',
      'impl/node_modules/z': 'yes',
    });
    const walk = walkCapsule(folder, { shownAs: 'capsule' });
    expect(walk.problems).toEqual([]);
    expect(walk.files).toEqual([
      { path: 'a.txt', mode: '100644', size: 2, sha256: sha256('ä') },
      { path: 'a/x', mode: '100755', size: 1, sha256: sha256('z') },
      { path: 'b', mode: '100644', size: 3, sha256: sha256('two') },
      { path: 'impl/node_modules/z', mode: '100644', size: 3, sha256: sha256('yes') },
    ]);
    expect([...walk.kept.keys()]).toEqual(['receipt.stunir.json']);
  });

  test('takes names in Unicode as they are, beside those in ASCII', () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'b.txt': 'b', 'größe.txt': 'g', 'データ/a': 'd', 'データ/ü': 'u' });
    const { files, problems } = walkCapsule(folder, { shownAs: 'capsule' });
    expect(problems).toEqual([]);
    expect(files.map(file => file.path)).toEqual(['b.txt', 'größe.txt', 'データ/a', 'データ/ü']);
  });

  test('keeps the bytes that it hashed, up to the size asked for', () => {
    const folder = makeCapsule({ 'impl/large': 'x'.repeat(100) });
    const walk = walkCapsule(folder, { shownAs: 'capsule', keepBytes: 50 });
    expect(Buffer.from(walk.kept.get('README.md')!).toString()).toBe('A counter, naïve.\n');
    expect(walk.kept.has('impl/large')).toBe(false);
    expect(walk.kept.has('manifest.json')).toBe(true);
  });

  test.each<[string, string, (at: (name: string) => string) => void]>([
    ['a symbolic link to a file', 'VNES2020', at => symlinkSync('README.md', at('link'))],
    ['a symbolic link to a folder', 'VNES2020', at => symlinkSync('spec', at('link'))],
    ['a dangling symbolic link', 'VNES2020', at => symlinkSync('nowhere', at('link'))],
    ['a FIFO', 'VNES2020', at => execFileSync('mkfifo', [at('pipe')])],
    ['a setuid file', 'VNES2020', at => chmodSync(at('README.md'), 0o4755)],
    ['a setgid file', 'VNES2020', at => chmodSync(at('README.md'), 0o2755)],
    ['a name with a backslash', 'VNES2021', at => writeFileSync(at('a\\b'), '')],
    ['a name with a colon', 'VNES2021', at => writeFileSync(at('a:b'), '')],
    ['a name with a line feed', 'VNES2021', at => writeFileSync(at('a\nb'), '')],
    [
      'a name that is not UTF-8',
      'VNES2021',
      at => writeFileSync(Buffer.concat([Buffer.from(at('a')), Buffer.from([0xff])]), ''),
    ],
    ['a name that is not NFC', 'VNES2021', at => writeFileSync(at('cafe\u0301'), '')],
    ['a folder of such a name', 'VNES2021', at => mkdirSync(at('con'))],
    ['names that differ by case', 'VNES2022', at => writeFileSync(at('readme.MD'), '')],
    ['names that differ by more than case', 'VNES2022', at => twoFiles(at('straße'), at('STRASSE'))],
    ['names that Unicode folds to one', 'VNES2022', at => twoFiles(at('ſ'), at('s'))],
    ['folders that differ by case', 'VNES2022', at => mkdirSync(at('SPEC'))],
    ['folders nested too deeply', 'VNES2026', at => mkdirSync(at('d/'.repeat(70)), { recursive: true })],
  ])('refuses %s', (_, code, spoil) => {
    const folder = makeCapsule();
    spoil(name => path.join(folder, name));
    expect(codesOf(folder)).toEqual([code]);
  });

  test('refuses hard links, naming both', () => {
    const folder = makeCapsule();
    linkSync(path.join(folder, 'README.md'), path.join(folder, 'other.md'));
    expect(codesOf(folder)).toEqual(['VNES2020', 'VNES2020']);
  });

  test.skipIf(!CAN_MAKE_DEVICES)('refuses devices', () => {
    for (const kind of ['c', 'b']) {
      const folder = makeCapsule();
      execFileSync('mknod', [path.join(folder, 'device'), kind, '1', '3']);
      expect(codesOf(folder)).toEqual(['VNES2020']);
    }
  });

  test('refuses a socket', async () => {
    const folder = makeCapsule();
    const server = createServer();
    await new Promise<void>(resolve => server.listen(path.join(folder, 's'), resolve));
    expect(codesOf(folder)).toEqual(['VNES2020']);
    await new Promise(resolve => server.close(resolve));
  });

  test('keeps no more than fits into memory, however many files and however large they say to be', () => {
    const folder = makeCapsule();
    const size = 60 * 1024 * 1024;
    for (let index = 0; index < 6; index += 1) {
      writeFileSync(path.join(folder, `sparse${index}`), '');
      truncateSync(path.join(folder, `sparse${index}`), size);
    }
    const { kept, files } = walkCapsule(folder, { shownAs: 'c', keepBytes: size });
    expect(files.filter(file => file.size === size)).toHaveLength(6);
    expect([...kept.values()].filter(bytes => bytes.length === size)).toHaveLength(4);
    expect(kept.has('manifest.json')).toBe(true);
  });

  test('tells a hundred problems and counts the rest', () => {
    const folder = makeCapsule();
    for (let index = 0; index < 130; index += 1) symlinkSync('x', path.join(folder, `link${index}`));
    expect(walkCapsule(folder, { shownAs: 'c' }).problems).toHaveLength(101);
    expect(walkCapsule(folder, { shownAs: 'c' }).problems.at(-1)?.message).toBe(
      '30 more problems of this capsule',
    );
  });

  test('refuses an empty folder and a missing one', () => {
    const folder = temporaryFolder();
    expect(codesOf(folder)).toEqual(['VNES2023']);
    expect(codesOf(path.join(folder, 'none'))).toEqual(['VNES1010']);
  });
});

describe('hashFile', () => {
  test.each([0, 1, 4096, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])(
    'hashes %i bytes, kept or not',
    size => {
      const file = path.join(temporaryFolder(), 'file');
      const content = Buffer.alloc(size, 'vnes');
      writeFileSync(file, content);
      expect(hashFile(file)).toMatchObject({ size, sha256: sha256(content) });
      expect(hashFile(file, size).bytes?.equals(content)).toBe(true);
      expect(hashFile(file, size - 1).bytes).toBeUndefined();
    },
  );

  test('does not follow a symbolic link', () => {
    const folder = temporaryFolder();
    writeFiles(folder, { file: 'x' });
    symlinkSync('file', path.join(folder, 'link'));
    expect(() => hashFile(path.join(folder, 'link'))).toThrow(expect.objectContaining({ code: 'ELOOP' }));
  });
});

describe('judgeName', () => {
  const expected = (name: string) => judgeName(Buffer.from(name)).expected;

  test.each([
    'a',
    'A-b_c.wasm',
    'größe',
    'データ.json',
    '.hidden',
    '...a',
    'con-fig',
    'aux1',
    'a b',
    "it's",
    '😀',
    'com10',
  ])('takes %j', name => {
    expect(expected(name)).toBeUndefined();
  });

  test.each([
    'con',
    'CON.txt',
    'Aux',
    'nul.tar.gz',
    'com1',
    'LPT9.x',
    'com¹',
    'a.',
    'a ',
    'a/b',
    '..',
    '.',
    '',
    'a*',
    'a?',
    '"',
    '<',
    'a|b',
    'a\u200bb',
    'a\u202eb',
    '\u007f',
    '\u0085',
    '\u2028',
  ])('refuses %j', name => {
    expect(expected(name)).toBeDefined();
  });

  test.each([
    ['README', 'readme'],
    ['straße', 'STRASSE'],
    ['\u212a', 'k'],
    ['ﬁ', 'FI'],
    ['ſ', 's'],
    ['ά', 'Ά'],
  ])('%s and %s fold to one', (a, b) => {
    expect(foldName(a)).toBe(foldName(b));
  });
});
