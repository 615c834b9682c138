import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Walk } from '../../src/capsule/inventory.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import { gitFor } from '../../src/registry/git/command.ts';
import { GitObjects } from '../../src/registry/git/objects.ts';
import { GitTree } from '../../src/registry/git/tree.ts';
import { walkTree } from '../../src/registry/git/walk.ts';
import { Repository } from './repository.ts';

/** What file systems fold, decode, reserve or cut off. */
const PARTS = ['a', 'A', 'b', 'ß', 'ss', 'é', 'e\u0301', ' ', '.x', '.', ':', 'con', '\u200b', '\n', '*'];
const NAME = fc
  .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 3 })
  .map(parts => parts.join(''))
  .filter(name => name !== '.' && name !== '..');
const FILE = fc.record({
  folders: fc.array(NAME, { maxLength: 2 }),
  name: NAME,
  content: fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constant(new Uint8Array(70_000).fill(7)),
    fc.constant(Buffer.from('line\r\nline\r\n')),
  ),
  kind: fc.constantFrom('plain', 'plain', 'plain', 'executable', 'link'),
});
type File = typeof FILE extends fc.Arbitrary<infer T> ? T : never;

/** Writes what fits: a name can be taken by a folder already, or a folder's name by a link that leads nowhere. */
function write(root: string, { folders, name, content, kind }: File): void {
  const file = path.join(root, ...folders, name);
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    if (kind === 'link') symlinkSync('elsewhere', file);
    else writeFileSync(file, content, { flag: 'wx' });
    if (kind === 'executable') chmodSync(file, 0o755);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toMatch(/^(?:EEXIST|EISDIR|ENOTDIR|ENOENT)$/);
  }
}

/** A walk without the order in which a folder happened to be listed. Of names that fold to one, either may be the first. */
function facts({ files, kept, problems }: Walk) {
  const told = problems.map(({ code, place }) => (code === 'VNES2022' ? code : `${code} ${place?.file}`));
  return { files, kept: [...kept.keys()].sort(), problems: told.sort() };
}

test('a capsule in git is what it is on the disk', async () => {
  const repository = new Repository();
  const folder = repository.at('capsule');
  await fc.assert(
    fc.asyncProperty(fc.array(FILE, { minLength: 1, maxLength: 6 }), async files => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      writeFileSync(path.join(folder, 'manifest.json'), '{}');
      for (const file of files) write(folder, file);
      repository.git('add', '-A', '-f');
      const id = repository.git('write-tree').trim();
      const objects = new GitObjects(gitFor(repository.ports));
      try {
        const inGit = await walkTree(new GitTree(objects, id), 'capsule', objects);
        expect(facts(inGit)).toEqual(facts(walkCapsule(folder, { shownAs: 'capsule' })));
      } finally {
        objects.close();
      }
    }),
    { numRuns: 60 },
  );
});
