import { fail } from '../../base/diagnostic.ts';
import { type Entry, FOLDER_MODE } from '../../trust/change/facts.ts';
import { shownPath } from './bytes.ts';
import type { GitObjects } from './objects.ts';

/** An entry of a tree. Names and paths in this folder are bytes, as strings of one character each (`latin1`). */
export type TreeNode = Entry;

/** A tree object with tens of thousands of names has a few megabytes. */
const TREE_BYTES = 256 * 1024 * 1024;

interface Folder extends TreeNode {
  children?: Promise<Map<string, Folder>>;
}

/** One tree of a repository, read as far as it is looked at. Changes may be laid over it: the index is HEAD with changes. */
export class GitTree {
  private readonly objects: GitObjects;
  private readonly root: Folder;

  /** @param id of the tree object; undefined for an empty tree. */
  constructor(objects: GitObjects, id: string | undefined) {
    this.objects = objects;
    this.root = { mode: FOLDER_MODE, id: id ?? '', ...(id ? {} : { children: Promise.resolve(new Map()) }) };
  }

  /** What lies at a path; the empty path is the top. Links are not followed. */
  async find(path: string): Promise<TreeNode | undefined> {
    let node: Folder | undefined = this.root;
    for (const name of parts(path)) {
      if (node?.mode !== FOLDER_MODE) return undefined;
      node = (await this.load(node)).get(name);
    }
    return node;
  }

  /** The entries of a folder by name; none for anything else. @throws Failure VNES2404 */
  async list(path: string): Promise<ReadonlyMap<string, TreeNode>> {
    const node = await this.find(path);
    return node?.mode === FOLDER_MODE ? this.load(node) : new Map();
  }

  /** Lays one change over the tree: what is at `path` from now on, or nothing. */
  async put(path: string, node: TreeNode | undefined): Promise<void> {
    const names = parts(path);
    const name = names.pop()!;
    const chain = [await this.load(this.root)];
    for (const folder of names) {
      let below: Folder | undefined = chain.at(-1)!.get(folder);
      if (below?.mode !== FOLDER_MODE) {
        if (!node) return;
        below = { mode: FOLDER_MODE, id: '', children: Promise.resolve(new Map()) };
        chain.at(-1)!.set(folder, below);
      }
      chain.push(await this.load(below));
    }
    if (node) chain.at(-1)!.set(name, node);
    else chain.at(-1)!.delete(name);
    for (let depth = names.length; depth > 0 && chain[depth]!.size === 0; depth -= 1)
      chain[depth - 1]!.delete(names[depth - 1]!);
  }

  private load(folder: Folder): Promise<Map<string, Folder>> {
    folder.children ??= this.read(folder.id);
    return folder.children;
  }

  private async read(id: string): Promise<Map<string, Folder>> {
    const object = await this.objects.read(id, TREE_BYTES);
    if (object?.type === 'tree' && object.bytes) return parseTree(object.bytes, id);
    return fail('VNES2404', `the tree ${id} cannot be read`, {
      expected: 'a tree object',
      found: object ? `a ${object.type} of ${object.size} bytes` : 'no such object',
      help: 'git fsck tells what is missing; in a shallow or partial clone: git fetch --unshallow',
    });
  }
}

function parts(path: string): string[] {
  return path === '' ? [] : path.split('/');
}

/** A tree object: for each entry mode, space, name, NUL and the id in binary. */
function parseTree(bytes: Buffer, id: string): Map<string, Folder> {
  const idBytes = id.length / 2;
  const entries = new Map<string, Folder>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const mode = bytes.toString('latin1', at, space).padStart(6, '0');
    const name = bytes.toString('latin1', space + 1, end);
    at = end + 1 + idBytes;
    const broken = space < 0 || end < 0 || at > bytes.length || !/^[0-7]{6}$/.test(mode);
    if (broken || name === '' || name.includes('/') || entries.has(name)) {
      fail('VNES2404', `the tree ${id} is malformed`, {
        expected: 'each name once, with its mode and object id',
        found: JSON.stringify(shownPath(name).slice(0, 200)),
        help: 'git fsck tells more',
      });
    }
    entries.set(name, { mode, id: bytes.toString('hex', end + 1, at) });
  }
  return entries;
}
