import type { RemovedFacts } from '../../trust/change/facts.ts';
import { shownFolder } from './bytes.ts';
import { capsuleOf, discoverIn } from './discover.ts';
import type { GitTree } from './tree.ts';

/** What is left, after the change, of a folder that was a capsule before it. */
export async function lookAtRemoved(folder: string, after: GitTree): Promise<RemovedFacts> {
  const there: RemovedFacts['there'][number][] = [];
  for (const path of [...ancestors(folder), folder]) {
    const mode = (await after.find(path))?.mode;
    if (mode !== undefined) there.push({ path: shownFolder(path), mode });
  }
  const surrounded = (await capsuleOf(after, `${folder}/x`)) !== undefined;
  return {
    folder: shownFolder(folder),
    there,
    entries: (await after.list(folder)).size,
    covered: surrounded || (await discoverIn(after, folder)).capsules.length > 0,
  };
}

function ancestors(folder: string): string[] {
  const names = folder.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}
