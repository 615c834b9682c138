import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gitFor } from '../../src/registry/git/command.ts';
import { GitObjects } from '../../src/registry/git/objects.ts';
import { planFor } from '../../src/registry/git/plan.ts';
import { GitTree } from '../../src/registry/git/tree.ts';
import { FOLDER_MODE } from '../../src/trust/change/facts.ts';
import { Repository } from './repository.ts';

/** Few names, so that files, folders and links take each other's places; some that sort apart from their folders. */
const PATH = fc
  .array(fc.constantFrom('a', 'b', 'a-b', 'a.b', 'manifest.json'), { minLength: 1, maxLength: 3 })
  .map(names => names.join('/'));
const STEP = fc.record({ path: PATH, kind: fc.constantFrom('file', 'file', 'link', 'nothing') });
const STEPS = fc.array(STEP, { maxLength: 8 });

/** Takes away what stands where a folder has to be. */
function clear(root: string, name: string): void {
  const names = name.split('/').slice(0, -1);
  for (const depth of names.keys()) {
    const above = path.join(root, ...names.slice(0, depth + 1));
    const isFolder = lstatSync(above, { throwIfNoEntry: false })?.isDirectory();
    if (isFolder === false) rmSync(above);
  }
}

function apply(root: string, steps: readonly { readonly path: string; readonly kind: string }[]): void {
  for (const { path: name, kind } of steps) {
    const file = path.join(root, name);
    clear(root, name);
    rmSync(file, { recursive: true, force: true });
    if (kind === 'nothing') continue;
    mkdirSync(path.dirname(file), { recursive: true });
    if (kind === 'file') writeFileSync(file, name);
    else symlinkSync('elsewhere', file);
  }
}

async function listing(tree: GitTree, folder = ''): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, { mode, id }] of await tree.list(folder)) {
    const below = folder === '' ? name : `${folder}/${name}`;
    if (mode === FOLDER_MODE) lines.push(...(await listing(tree, below)));
    else lines.push(`${mode} ${id} ${below}`);
  }
  return lines.sort();
}

test('the index, as HEAD with changes laid over it, is the tree that git would commit', async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, STEPS, async (first, second) => {
      const repository = new Repository();
      apply(repository.root, first);
      repository.commit();
      apply(repository.root, second);
      repository.git('add', '-A');
      const git = gitFor(repository.ports);
      const objects = new GitObjects(git);
      try {
        const { after } = await planFor({ kind: 'staged' }, git, objects);
        const written = new GitTree(objects, repository.git('write-tree').trim());
        expect(await listing(after)).toEqual(await listing(written));
      } finally {
        objects.close();
      }
    }),
    { numRuns: 40 },
  );
});
