import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import { FOLDER_MODE, OTHER_KINDS, type RemovedFacts } from './facts.ts';

/**
 * What is wrong about a capsule that a change took away: something else stands in its place, or its files are still there
 * without the documents that made them a capsule. Removed as a whole, nothing is.
 */
export function removalProblems({ folder, there, entries, covered }: RemovedFacts): readonly Diagnostic[] {
  const swapped = there.find(({ mode }) => mode in OTHER_KINDS);
  if (swapped) return [swap(folder, swapped.path, OTHER_KINDS[swapped.mode]!)];
  const left = there.find(({ path }) => path === folder)?.mode === FOLDER_MODE;
  if (!left || covered) return [];
  return [
    diagnose('VNES2407', 'the change takes receipt and manifest away and leaves other files of the capsule', {
      place: { file: folder },
      expected: 'the whole capsule, or nothing of it',
      found: `${entries} entries without a manifest or receipt`,
      help: `restore both documents, or remove the rest too: git rm -r ${JSON.stringify(folder)}`,
    }),
  ];
}

function swap(folder: string, path: string, kind: string): Diagnostic {
  return diagnose('VNES2408', `the change swaps the folder of a capsule for ${kind}`, {
    place: { file: folder },
    expected: 'the capsule, or nothing',
    found: `${path} is ${kind}`,
    help: 'restore the folder; capsules are folders of plain files',
  });
}
