import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { LIMITS } from '../base/limits.ts';
import { compareUtf8 } from '../base/order.ts';
import { codeLimit, type HostImport, hostImports } from './imports/host-imports.ts';
import { foldName, judgeName } from './names.ts';
import { BUILD_FILE, MANIFEST_FILE, RECEIPT_FILE, type TreeFile } from './tree.ts';

/**
 * At the top of a capsule, what tools put there for themselves, recordings of vnes included.
 * Never part of the tree, and so never loaded.
 */
export const SKIPPED: readonly string[] = ['node_modules', '.git', '.vnes'];

/** Kept in any case: they are read, not only hashed. */
const DOCUMENTS: readonly string[] = [MANIFEST_FILE, RECEIPT_FILE, BUILD_FILE];

/** Problems that are told one by one; the rest is counted. */
const TOLD = 100;

/** Bytes of a capsule that are kept in memory, its documents aside; what goes beyond is read again when it is wanted. */
const KEPT_BYTES = 256 * 1024 * 1024;

/** Nesting of folders in a capsule. */
export const MAX_DEPTH = 64;

/** What lies in a capsule's folder. `problems` says what may not lie there; then the rest proves nothing. */
export interface Walk {
  /** All files but the receipt, ordered by the UTF-8 bytes of their paths. */
  readonly files: readonly TreeFile[];
  /** Bytes that were kept, by path; of the receipt too. */
  readonly kept: ReadonlyMap<string, Uint8Array>;
  readonly problems: readonly Diagnostic[];
  /** What of the host its code imports, ordered by path and line. */
  readonly imports: readonly HostImport[];
}

/** A file's content, hashed. */
export interface Content {
  readonly size: number;
  readonly sha256: Digest;
  readonly bytes?: Uint8Array | undefined;
}

/** The names of one folder so far, by what they fold to. */
export type Names = Map<string, string>;

/** What was found in one capsule, on a disk or in git: the same names, kinds and limits are refused in both. */
export class Inventory {
  private readonly files: TreeFile[] = [];
  private readonly kept = new Map<string, Uint8Array>();
  private readonly problems: Diagnostic[] = [];
  private readonly imports: HostImport[] = [];
  private entries = 0;
  private untold = 0;
  private room = KEPT_BYTES;
  private readonly shownAs: string;
  private readonly keepBytes: number;

  constructor(shownAs: string, keepBytes = 0) {
    this.shownAs = shownAs;
    this.keepBytes = keepBytes;
  }

  result(): Walk {
    if (this.files.length === 0 && this.problems.length === 0) {
      this.problem('VNES2023', '', 'the capsule holds no files', {
        expected: `at least ${MANIFEST_FILE}`,
        found: 'none',
      });
    }
    this.files.sort((a, b) => compareUtf8(a.path, b.path));
    this.imports.sort((a, b) => compareUtf8(a.path, b.path));
    return { files: this.files, kept: this.kept, problems: this.told(), imports: this.imports };
  }

  private told(): readonly Diagnostic[] {
    if (this.untold === 0) return this.problems;
    const last = this.problems.at(-1)!;
    const place = { file: this.shownAs };
    return [...this.problems, diagnose(last.code, `${this.untold} more problems of this capsule`, { place })];
  }

  /** Whether a folder at this depth may be looked into. */
  mayEnter(prefix: string, depth: number): boolean {
    if (depth <= MAX_DEPTH) return true;
    this.problem('VNES2026', prefix, 'folders are nested too deeply', {
      expected: `at most ${MAX_DEPTH} levels`,
    });
    return false;
  }

  /** Counts one entry of a folder; false when there are too many. */
  mayCount(): boolean {
    this.entries += 1;
    if (this.entries <= LIMITS.capsuleFiles) return true;
    if (!this.problems.some(problem => problem.code === 'VNES2026')) {
      this.problem('VNES2026', '', 'the capsule holds too many files', {
        expected: `at most ${LIMITS.capsuleFiles}`,
      });
    }
    return false;
  }

  /**
   * Judges a name in a folder. Returns the entry's path, or undefined for one that is no part of a capsule or that may not be in
   * one. `prefix` is empty or ends in `/`.
   */
  pathOf(bytes: Buffer | string, prefix: string, names: Names): string | undefined {
    const { name, expected } = judgeName(bytes);
    if (prefix === '' && SKIPPED.includes(name)) return undefined;
    const path = prefix + name;
    if (expected !== undefined) {
      this.problem('VNES2021', path, 'a file name that other machines read differently', {
        expected,
        found: JSON.stringify(name),
      });
      return undefined;
    }
    this.checkCollision(names, name, path);
    return path;
  }

  /** Up to which size the bytes of a file are wanted: to be kept, or only to be looked at. */
  keepLimit(path: string): number {
    return Math.max(this.keptLimit(path), codeLimit(path));
  }

  private keptLimit(path: string): number {
    return DOCUMENTS.includes(path) ? LIMITS.documentBytes : Math.min(this.keepBytes, this.room);
  }

  add(path: string, executable: boolean, { size, sha256, bytes }: Content): void {
    if (bytes && size <= this.keptLimit(path)) {
      this.kept.set(path, bytes);
      this.room -= size;
    }
    if (path === RECEIPT_FILE) return;
    this.imports.push(...hostImports(path, bytes));
    this.files.push({ path, mode: executable ? '100755' : '100644', size, sha256 });
  }

  refuseKind(path: string, found: string): void {
    this.problem('VNES2020', path, `a capsule may not hold ${found}`, {
      expected: 'plain files and folders',
      found,
      help: `remove ${JSON.stringify(path)} or put a plain copy in its place`,
    });
  }

  problem(
    code: Diagnostic['code'],
    path: string,
    message: string,
    detail: Pick<Diagnostic, 'expected' | 'found' | 'help'>,
  ): void {
    const file = path === '' ? this.shownAs : `${this.shownAs}/${path}`;
    if (this.problems.length >= TOLD) this.untold += 1;
    else this.problems.push(diagnose(code, message, { place: { file }, ...detail }));
  }

  private checkCollision(names: Names, name: string, path: string): void {
    const key = foldName(name);
    const other = names.get(key);
    names.set(key, name);
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
}
