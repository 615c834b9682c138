import { sha256 } from '../../base/digest.ts';
import { Inventory, type Names, SKIPPED, type Walk } from '../../capsule/inventory.ts';
import type { Receipt } from '../../capsule/receipt.ts';
import { RECEIPT_FILE, type TreeFile } from '../../capsule/tree.ts';

/** The bytes of a listed file, where they are known. */
export type Content = (file: TreeFile) => Uint8Array | undefined;

/**
 * What a walk would find if the folder held exactly what the receipt lists. Names are judged as on a disk: a path that leads out of
 * the capsule, or into what vnes never looks at, is a problem of this walk.
 */
export function targetWalk(receipt: Receipt, bytes: Uint8Array, content: Content, shownAs: string): Walk {
  const inventory = new Inventory(shownAs);
  const judge = new Judge(inventory);
  judge.file(RECEIPT_FILE);
  inventory.add(RECEIPT_FILE, false, { size: bytes.length, sha256: sha256(bytes), bytes });
  for (const file of receipt.statement.predicate.files) {
    judge.file(file.path);
    const wanted = file.size <= inventory.keepLimit(file.path);
    inventory.add(file.path, file.mode === '100755', { ...file, bytes: wanted ? content(file) : undefined });
  }
  return inventory.result();
}

/** Judges each name of each path once, as a walk would meet it. */
class Judge {
  private readonly inventory: Inventory;
  /** The names in each folder, by its prefix. */
  private readonly names = new Map<string, Names>();
  private readonly folders = new Set<string>();
  private readonly files = new Set<string>();

  constructor(inventory: Inventory) {
    this.inventory = inventory;
  }

  file(path: string): void {
    const names = path.split('/');
    let prefix = '';
    names.forEach((name, depth) => {
      const last = depth === names.length - 1;
      this.name(prefix, name, last);
      prefix += `${name}/`;
    });
  }

  private name(prefix: string, name: string, isFile: boolean): void {
    const path = prefix + name;
    const [known, taken] = [this.folders.has(path), this.files.has(path)];
    if (known && !isFile) return;
    if (known || taken || (prefix === '' && SKIPPED.includes(name))) {
      this.inventory.problem('VNES2021', path, 'a path that no capsule can hold', {
        expected: 'each path once, and none in folders that vnes never looks at',
      });
      return;
    }
    if (!this.inventory.mayCount()) return;
    this.inventory.mayEnter(prefix, prefix.split('/').length - 1);
    this.inventory.pathOf(Buffer.from(name, 'utf8'), prefix, this.namesIn(prefix));
    if (isFile) this.files.add(path);
    else this.folders.add(path);
  }

  private namesIn(prefix: string): Names {
    const names = this.names.get(prefix) ?? new Map<string, string>();
    this.names.set(prefix, names);
    return names;
  }
}
