import { type Dirent, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { Digest } from '../../base/digest.ts';
import { sha256 } from '../../base/digest.ts';
import { LIMITS } from '../../base/limits.ts';
import { hashFile } from '../../capsule/hash-file.ts';
import { MAX_DEPTH, SKIPPED } from '../../capsule/inventory.ts';
import { OpenFolder } from './folder.ts';

export type Kind = 'file' | 'folder' | 'symbolic link' | 'other';

/** What lies at a path of a capsule's folder, whatever it is. */
export interface Entry {
  /** Its path in the capsule, as bytes: one character each. */
  readonly path: string;
  readonly kind: Kind;
  /** st_mode without the kind. */
  readonly mode: number;
  /** Names that it has. */
  readonly links: number;
  /** Bytes. */
  readonly size: number;
  /** Of a file's content, or of a link's target. None of what cannot be read. */
  readonly sha256?: Digest;
}

/** Everything in a folder, by path; or why it cannot all be told. */
export type Scan = ReadonlyMap<string, Entry>;

/** There is more, or it lies deeper, than a capsule may hold. */
export class Beyond extends Error {}

/**
 * Looks at everything that lies in a capsule's folder, without following a link: also at what a walk refuses and does not describe.
 * @throws Beyond; a system error when a folder cannot be read.
 */
export function scanFolder(folder: string): Scan {
  const entries = new Map<string, Entry>();
  const root = OpenFolder.open(folder);
  try {
    visit(root, '', 0, entries);
  } finally {
    root.close();
  }
  return entries;
}

function visit(folder: OpenFolder, prefix: string, depth: number, entries: Map<string, Entry>): void {
  if (depth > MAX_DEPTH) throw new Beyond();
  const listed = readdirSync(folder.at(), { withFileTypes: true, encoding: 'buffer' });
  for (const dirent of listed) {
    const name = dirent.name.toString('latin1');
    if (prefix === '' && SKIPPED.includes(name)) continue;
    if (entries.size > LIMITS.capsuleFiles) throw new Beyond();
    const path = prefix + name;
    entries.set(path, entryOf(folder, name, path, dirent));
    if (!dirent.isDirectory()) continue;
    const below = folder.child(name);
    try {
      visit(below, `${path}/`, depth + 1, entries);
    } finally {
      below.close();
    }
  }
}

function entryOf(folder: OpenFolder, name: string, path: string, dirent: Dirent<Buffer>): Entry {
  const { mode, nlink, size } = lstatSync(folder.at(name));
  const common = { path, mode: mode & 0o7777, links: nlink, size };
  if (dirent.isDirectory()) return { ...common, kind: 'folder' };
  if (dirent.isSymbolicLink()) {
    return { ...common, kind: 'symbolic link', sha256: sha256(readlinkSync(folder.at(name), 'buffer')) };
  }
  if (!dirent.isFile()) return { ...common, kind: 'other' };
  return { ...common, kind: 'file', ...hashed(folder.at(name)) };
}

/** What one open descriptor says, so that size and digest belong together. */
function hashed(path: Buffer): Partial<Entry> {
  try {
    const { size, sha256: digest } = hashFile(path);
    return { size, sha256: digest };
  } catch {
    return {};
  }
}

/** Whether two scans saw the same. */
export function sameScan(one: Scan, other: Scan): boolean {
  return one.size === other.size && [...one].every(([path, entry]) => sameEntry(entry, other.get(path)));
}

/** Folders have sizes and links of their own, which say nothing. */
function sameEntry(one: Entry, other: Entry | undefined): boolean {
  if (!other || one.kind !== other.kind || one.mode !== other.mode) return false;
  return (
    one.kind === 'folder' ||
    (one.links === other.links && one.size === other.size && one.sha256 === other.sha256)
  );
}
