import { type Dirent, readdirSync } from 'node:fs';
import { FileMoved, type HashedFile, hashFile } from './hash-file.ts';
import { Inventory, type Names, type Walk } from './inventory.ts';
import { kindOf, refusedStatus } from './kinds.ts';
import { isAscii } from './names.ts';

export interface WalkOptions {
  /** Name of the folder in diagnostics. */
  readonly shownAs: string;
  /** Keeps the bytes of files up to this size; the manifest, receipt and build notes are kept in any case. */
  readonly keepBytes?: number;
}

/** Reads and hashes a capsule's folder. Never throws for what it finds there. */
export function walkCapsule(folder: string, options: WalkOptions): Walk {
  const walker = new Walker(folder, new Inventory(options.shownAs, options.keepBytes));
  walker.folder('', 0);
  return walker.inventory.result();
}

class Walker {
  readonly inventory: Inventory;
  private readonly root: string;

  constructor(root: string, inventory: Inventory) {
    this.root = root;
    this.inventory = inventory;
  }

  /** `prefix` is empty or ends in `/`. */
  folder(prefix: string, depth: number): void {
    if (!this.inventory.mayEnter(prefix, depth)) return;
    const names: Names = new Map();
    for (const entry of this.list(prefix)) {
      if (!this.inventory.mayCount()) return;
      const path = this.inventory.pathOf(entry.name, prefix, names);
      if (path === undefined) continue;
      if (entry.isDirectory()) this.folder(`${path}/`, depth + 1);
      else if (entry.isFile()) this.file(path);
      else this.inventory.refuseKind(path, kindOf(entry));
    }
  }

  /** Text where all names are ASCII, which costs half; otherwise bytes, for text would hide what is no UTF-8. */
  private list(prefix: string): readonly (Dirent<string> | Dirent<Buffer>)[] {
    const folder = `${this.root}/${prefix}`;
    try {
      const entries = readdirSync(folder, { withFileTypes: true });
      if (entries.every(({ name }) => isAscii(name))) return entries;
      return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      this.inventory.problem('VNES1010', prefix, 'the folder cannot be read', {
        expected: 'a folder',
        found: systemReason(error),
      });
      return [];
    }
  }

  private file(path: string): void {
    let hashed: HashedFile;
    try {
      hashed = hashFile(`${this.root}/${path}`, this.inventory.keepLimit(path));
    } catch (error) {
      this.unreadable(path, error);
      return;
    }
    const kind = refusedStatus(hashed);
    if (kind) this.inventory.refuseKind(path, kind);
    this.inventory.add(path, (hashed.mode & 0o100) !== 0, hashed);
  }

  private unreadable(path: string, error: unknown): void {
    if (error instanceof FileMoved) {
      this.inventory.problem('VNES2024', path, 'the file changed while it was read', {
        help: 'stop what writes to it, then try again',
      });
    } else if (systemReason(error) === 'ELOOP') {
      this.inventory.refuseKind(path, 'a symbolic link');
    } else {
      this.inventory.problem('VNES1010', path, 'the file cannot be read', { found: systemReason(error) });
    }
  }
}

function systemReason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
}
