import { type Dirent, readdirSync } from 'node:fs';
import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { compareUtf8 } from '../base/order.ts';
import { FileMoved, type HashedFile, hashFile } from './hash-file.ts';
import { kindOf, refusedStatus } from './kinds.ts';
import { foldName, judgeName } from './names.ts';
import { BUILD_FILE, MANIFEST_FILE, RECEIPT_FILE, type TreeFile } from './tree.ts';

/**
 * At the top of a capsule, what tools put there for themselves, recordings of vnes included.
 * Never part of the tree, and so never loaded.
 */
const SKIPPED: readonly string[] = ['node_modules', '.git', '.vnes'];

/** Kept in any case: they are read, not only hashed. */
const DOCUMENTS: readonly string[] = [MANIFEST_FILE, RECEIPT_FILE, BUILD_FILE];

/** Nesting of folders in a capsule. */
const MAX_DEPTH = 64;

export interface WalkOptions {
  /** Name of the folder in diagnostics. */
  readonly shownAs: string;
  /** Keeps the bytes of files up to this size; the manifest, receipt and build notes are kept in any case. */
  readonly keepBytes?: number;
}

/** What lies in a capsule's folder. `problems` says what may not lie there; then the rest proves nothing. */
export interface Walk {
  /** All files but the receipt, ordered by the UTF-8 bytes of their paths. */
  readonly files: readonly TreeFile[];
  /** Bytes that were kept, by path; of the receipt too. */
  readonly kept: ReadonlyMap<string, Uint8Array>;
  readonly problems: readonly Diagnostic[];
}

/** Reads and hashes a capsule's folder. Never throws for what it finds there. */
export function walkCapsule(folder: string, options: WalkOptions): Walk {
  const walker = new Walker(folder, options);
  walker.folder('', 0);
  return walker.result();
}

class Walker {
  private readonly files: TreeFile[] = [];
  private readonly kept = new Map<string, Uint8Array>();
  private readonly problems: Diagnostic[] = [];
  private entries = 0;
  private readonly root: string;
  private readonly options: WalkOptions;

  constructor(root: string, options: WalkOptions) {
    this.root = root;
    this.options = options;
  }

  result(): Walk {
    if (this.files.length === 0 && this.problems.length === 0) {
      this.problem('VNES2023', '', 'the capsule holds no files', {
        expected: `at least ${MANIFEST_FILE}`,
        found: 'none',
      });
    }
    this.files.sort((a, b) => compareUtf8(a.path, b.path));
    return { files: this.files, kept: this.kept, problems: this.problems };
  }

  /** `prefix` is empty or ends in `/`. */
  folder(prefix: string, depth: number): void {
    if (depth > MAX_DEPTH) {
      this.problem('VNES2026', prefix, 'folders are nested too deeply', {
        expected: `at most ${MAX_DEPTH} levels`,
      });
      return;
    }
    const folded = new Map<string, string>();
    for (const entry of this.list(prefix)) {
      this.entries += 1;
      if (this.entries > LIMITS.capsuleFiles) {
        this.tooMany();
        return;
      }
      const { name, expected } = judgeName(entry.name);
      if (depth === 0 && SKIPPED.includes(name)) continue;
      const path = prefix + name;
      if (expected !== undefined) {
        this.problem('VNES2021', path, 'a file name that other machines read differently', {
          expected,
          found: JSON.stringify(name),
        });
        continue;
      }
      this.checkCollision(folded, name, path);
      if (entry.isDirectory()) this.folder(`${path}/`, depth + 1);
      else if (entry.isFile()) this.file(path);
      else this.refuseKind(path, kindOf(entry));
    }
  }

  private list(prefix: string): Dirent<Buffer>[] {
    try {
      return readdirSync(`${this.root}/${prefix}`, { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      this.problem('VNES1010', prefix, 'the folder cannot be read', {
        expected: 'a folder',
        found: systemReason(error),
      });
      return [];
    }
  }

  private file(path: string): void {
    let hashed: HashedFile;
    try {
      hashed = hashFile(`${this.root}/${path}`, this.keepLimit(path));
    } catch (error) {
      this.unreadable(path, error);
      return;
    }
    const kind = refusedStatus(hashed);
    if (kind) this.refuseKind(path, kind);
    if (hashed.bytes) this.kept.set(path, hashed.bytes);
    if (path === RECEIPT_FILE) return;
    const { size, sha256 } = hashed;
    this.files.push({ path, mode: hashed.mode & 0o100 ? '100755' : '100644', size, sha256 });
  }

  private keepLimit(path: string): number {
    if (DOCUMENTS.includes(path)) return LIMITS.documentBytes;
    return this.options.keepBytes ?? 0;
  }

  private checkCollision(folded: Map<string, string>, name: string, path: string): void {
    const key = foldName(name);
    const other = folded.get(key);
    folded.set(key, name);
    if (other === undefined) return;
    this.problem(
      'VNES2022',
      path,
      `the names ${JSON.stringify(other)} and ${JSON.stringify(name)} are one on other machines`,
      {
        expected: 'names that differ by more than case or Unicode form',
        found: `both fold to ${JSON.stringify(key)}`,
      },
    );
  }

  private unreadable(path: string, error: unknown): void {
    if (error instanceof FileMoved) {
      this.problem('VNES2024', path, 'the file changed while it was read', {
        help: 'stop what writes to it, then try again',
      });
    } else if (systemReason(error) === 'ELOOP') {
      this.refuseKind(path, 'a symbolic link');
    } else {
      this.problem('VNES1010', path, 'the file cannot be read', { found: systemReason(error) });
    }
  }

  private refuseKind(path: string, found: string): void {
    this.problem('VNES2020', path, `a capsule may not hold ${found}`, {
      expected: 'plain files and folders',
      found,
      help: `remove ${JSON.stringify(path)} or put a plain copy in its place`,
    });
  }

  private tooMany(): void {
    if (this.problems.some(problem => problem.code === 'VNES2026')) return;
    this.problem('VNES2026', '', 'the capsule holds too many files', {
      expected: `at most ${LIMITS.capsuleFiles}`,
    });
  }

  private problem(
    code: Diagnostic['code'],
    path: string,
    message: string,
    detail: Pick<Diagnostic, 'expected' | 'found' | 'help'>,
  ): void {
    const file = path === '' ? this.options.shownAs : `${this.options.shownAs}/${path}`;
    this.problems.push(diagnose(code, message, { place: { file }, ...detail }));
  }
}

function systemReason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
}
