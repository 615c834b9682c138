import { Inventory, type Names, type Walk } from '../../capsule/inventory.ts';
import { FOLDER_MODE, OTHER_KINDS } from '../../trust/change/facts.ts';
import { shownFolder } from './bytes.ts';
import type { GitObject, GitObjects } from './objects.ts';
import type { GitTree, TreeNode } from './tree.ts';

/** The modes of what a capsule may hold, and whether it is executable. */
const FILES: Readonly<Record<string, boolean>> = { '100644': false, '100755': true };

/** The first line of every pointer, and the most that one may have in bytes (git-lfs, docs/spec.md). */
const LFS_START = 'version https://git-lfs.github.com/spec/v1\n';
const LFS_BYTES = 1024;

/** A file that was found and not read yet. */
interface Pending {
  readonly path: string;
  readonly executable: boolean;
  readonly content: Promise<GitObject | undefined>;
}

/** Reads and hashes a capsule as it is in a tree. What may not lie there is among the walk's problems. */
export async function walkTree(tree: GitTree, folder: string, objects: GitObjects): Promise<Walk> {
  const walker = new Walker(tree, folder, objects);
  await walker.folder('', 0);
  return walker.result();
}

class Walker {
  private readonly tree: GitTree;
  private readonly root: string;
  private readonly objects: GitObjects;
  private readonly inventory: Inventory;
  private readonly pending: Pending[] = [];

  constructor(tree: GitTree, root: string, objects: GitObjects) {
    this.tree = tree;
    this.root = root;
    this.objects = objects;
    this.inventory = new Inventory(shownFolder(root));
  }

  async result(): Promise<Walk> {
    // The first that fails ends the walk; the others must not be left to fail unheard.
    await Promise.all(this.pending.map(({ content }) => content));
    for (const file of this.pending) this.note(file, await file.content);
    return this.inventory.result();
  }

  /** `prefix` is empty or ends in `/`; it is text, since names that are no UTF-8 are refused. */
  async folder(prefix: string, depth: number): Promise<void> {
    if (!this.inventory.mayEnter(prefix, depth)) return;
    const names: Names = new Map();
    for (const [name, node] of await this.tree.list(this.bytesOf(prefix))) {
      if (!this.inventory.mayCount()) return;
      const path = this.inventory.pathOf(Buffer.from(name, 'latin1'), prefix, names);
      if (path === undefined) continue;
      if (node.mode === FOLDER_MODE) await this.folder(`${path}/`, depth + 1);
      else this.entry(path, node);
    }
  }

  private bytesOf(prefix: string): string {
    const inside = Buffer.from(prefix.slice(0, -1), 'utf8').toString('latin1');
    return [this.root, inside].filter(part => part !== '').join('/');
  }

  private entry(path: string, { mode, id }: TreeNode): void {
    const executable = FILES[mode];
    if (executable === undefined) {
      this.inventory.refuseKind(path, OTHER_KINDS[mode] ?? `an entry of mode ${mode}`);
      return;
    }
    const keep = Math.max(this.inventory.keepLimit(path), LFS_BYTES);
    const content = this.objects.read(id, keep);
    content.catch(() => {});
    this.pending.push({ path, executable, content });
  }

  private note({ path, executable }: Pending, object: GitObject | undefined): void {
    if (object?.type !== 'blob') {
      this.inventory.problem('VNES2404', path, 'the content of a file is missing', {
        expected: 'a blob in this repository',
        found: object ? `a ${object.type}` : 'no such object',
        help: 'in a partial clone, have git fetch it first: git checkout',
      });
      return;
    }
    const { size, sha256, bytes } = object;
    if (bytes && size <= LFS_BYTES && bytes.toString('latin1').startsWith(LFS_START)) this.pointer(path);
    const wanted = size <= this.inventory.keepLimit(path);
    this.inventory.add(path, executable, { size, sha256, ...(wanted && bytes ? { bytes } : {}) });
  }

  private pointer(path: string): void {
    this.inventory.problem('VNES2413', path, 'git holds a pointer of Git LFS in place of the file', {
      expected: 'the file itself',
      found: 'a pointer to somewhere else, which proves nothing about what will be there',
      help: 'keep the files of capsules out of Git LFS: a line "<path> -filter" in .gitattributes',
    });
  }
}
