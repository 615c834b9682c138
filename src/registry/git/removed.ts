import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import { shownFolder } from './bytes.ts';
import { capsuleOf, discoverIn } from './discover.ts';
import { FOLDER_MODE, type GitTree, LINK_MODE, SUBMODULE_MODE } from './tree.ts';

const SWAPS: Readonly<Record<string, string>> = {
  [LINK_MODE]: 'a symbolic link',
  [SUBMODULE_MODE]: 'a submodule',
};

/**
 * What is wrong about a capsule that a change took away: something else stands in its place, or its files are still there
 * without the documents that made them a capsule. Removed as a whole, nothing is.
 */
export async function removalProblems(folder: string, after: GitTree): Promise<readonly Diagnostic[]> {
  const file = shownFolder(folder);
  for (const path of [...ancestors(folder), folder]) {
    const found = SWAPS[(await after.find(path))?.mode ?? ''];
    if (!found) continue;
    return [
      diagnose('VNES2408', `the change swaps the folder of a capsule for ${found}`, {
        place: { file },
        expected: 'the capsule, or nothing',
        found: `${shownFolder(path)} is ${found}`,
        help: 'restore the folder; capsules are folders of plain files',
      }),
    ];
  }
  if ((await after.find(folder))?.mode !== FOLDER_MODE) return [];
  const surrounded = (await capsuleOf(after, `${folder}/x`)) !== undefined;
  if (surrounded || (await discoverIn(after, folder)).capsules.length > 0) return [];
  return [
    diagnose('VNES2407', 'the change takes receipt and manifest away and leaves other files of the capsule', {
      place: { file },
      expected: 'the whole capsule, or nothing of it',
      found: `${(await after.list(folder)).size} entries without a manifest or receipt`,
      help: `restore both documents, or remove the rest too: git rm -r ${JSON.stringify(file)}`,
    }),
  ];
}

function ancestors(folder: string): string[] {
  const names = folder.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}
