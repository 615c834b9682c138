import { LINK_MODE, type LinkFacts } from '../../trust/change/facts.ts';
import { follow } from '../../trust/change/links.ts';
import { shownPath } from './bytes.ts';
import type { GitObjects } from './objects.ts';
import type { GitTree } from './tree.ts';

/** The longest target of a link that is looked at, in bytes, and how many links in a row. */
const TARGET_BYTES = 4096;
const CHAIN = 16;

/** Where a link leads, by way of the links that it leads to. */
export async function followLink(link: string, tree: GitTree, objects: GitObjects): Promise<LinkFacts> {
  const targets: string[] = [];
  let path: string | undefined = link;
  let end: string | null = null;
  for (let step = 0; step < CHAIN && path !== undefined; step += 1) {
    const node = await tree.find(path);
    end = node?.mode ?? null;
    if (node?.mode !== LINK_MODE) break;
    const target = (await objects.read(node.id, TARGET_BYTES))?.bytes?.toString('latin1');
    path = target === undefined ? undefined : follow(path, target);
    if (target !== undefined) targets.push(shownPath(target));
  }
  return { path: shownPath(link), targets, end: path === undefined ? null : end };
}
