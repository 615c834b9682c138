import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Ports } from '../../base/ports.ts';
import { errorCode } from '../../base/system-error.ts';
import { FileMoved, hashFile } from '../../capsule/hash-file.ts';
import type { TreeFile } from '../../capsule/tree.ts';
import { readPlain } from '../../store/files.ts';
import { objectPath } from '../../store/objects.ts';
import { removedStore } from './aside.ts';
import { OpenFolder, within } from './folder.ts';
import { GitContents } from './git-contents.ts';
import { lineEndForms } from './line-ends.ts';
import type { Scan } from './scan.ts';

/** The bytes of a listed file, and where they were found, in words. */
export interface Sourced {
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** Everything on this machine that may hold what a receipt lists. Whatever says it holds it, its digest decides. */
export class Sources {
  readonly git: GitContents | undefined;
  private readonly stores: readonly (readonly [where: string, dir: string])[];
  private readonly removed: string;

  private constructor(git: GitContents | undefined, cwd: string) {
    this.git = git;
    const vnes = path.join(cwd, '.vnes');
    const runs = path.join(vnes, 'runs');
    this.stores = [
      ...foldersIn(runs).map(name => [`the recording .vnes/runs/${name}`, path.join(runs, name)] as const),
      ['the quarantine', path.join(vnes, 'quarantine')],
    ];
    this.removed = removedStore(cwd);
  }

  static async open(ports: Ports): Promise<Sources> {
    return new Sources(await GitContents.open(ports), ports.env.cwd);
  }

  close(): void {
    this.git?.close();
  }

  /** The content of a file of the capsule in `folder`, of which `scan` is what lies there; undefined when it is nowhere. */
  async find(file: TreeFile, folder: string, scan: Scan): Promise<Sourced | undefined> {
    if (file.size > LIMITS.loadedFileBytes) return undefined;
    return inCapsule(file, folder, scan) ?? (await this.inGit(file, folder)) ?? this.inStores(file);
  }

  private async inGit(file: TreeFile, folder: string): Promise<Sourced | undefined> {
    for (const { where, bytes } of (await this.git?.read(path.join(folder, file.path))) ?? []) {
      const found = formOf(bytes, file, where);
      if (found) return found;
    }
    return undefined;
  }

  private inStores(file: TreeFile): Sourced | undefined {
    const places = [
      ...this.stores.map(([where, dir]) => [where, objectPath(dir, file.sha256)] as const),
      ['what was removed before', path.join(this.removed, file.sha256.slice('sha256:'.length))] as const,
    ];
    for (const [where, place] of places) {
      const bytes = plainBytes(place, file.size);
      if (bytes && sha256(bytes) === file.sha256) return { where, bytes };
    }
    return undefined;
  }
}

/** The same bytes under another name, or with other line ends under the same one. */
function inCapsule(file: TreeFile, folder: string, scan: Scan): Sourced | undefined {
  const here = Buffer.from(file.path, 'utf8').toString('latin1');
  const same = [...scan.values()].filter(
    ({ kind, sha256: digest }) => kind === 'file' && digest === file.sha256,
  );
  const other = scan.get(here);
  const candidates = [
    ...same,
    ...(other?.kind === 'file' && other.size <= LIMITS.loadedFileBytes ? [other] : []),
  ];
  if (candidates.length === 0) return undefined;
  const root = OpenFolder.open(folder);
  try {
    for (const { path: from, size } of candidates) {
      const bytes = bytesAt(root, from, size);
      const shown = JSON.stringify(Buffer.from(from, 'latin1').toString());
      const found =
        bytes && formOf(bytes, file, from === here ? 'the file itself' : `${shown} in the capsule`);
      if (found) return found;
    }
    return undefined;
  } finally {
    root.close();
  }
}

/** What cannot be read, or is not what it was, is no source. */
function bytesAt(root: OpenFolder, from: string, size: number): Uint8Array | undefined {
  try {
    return within(root, from, (below, name) => hashFile(below.at(name), size).bytes);
  } catch (error) {
    if (error instanceof FileMoved || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** The bytes as the receipt lists them: as they are, or with the other line ends. */
function formOf(bytes: Uint8Array, file: TreeFile, where: string): Sourced | undefined {
  if (bytes.length === file.size && sha256(bytes) === file.sha256) return { where, bytes };
  const form = lineEndForms(bytes).find(each => each.length === file.size && sha256(each) === file.sha256);
  return form && { where: `${where}, with its line ends put right`, bytes: form };
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** What cannot be read is no source. */
function plainBytes(place: string, size: number): Uint8Array | undefined {
  try {
    return statSync(place).size === size ? readPlain(place) : undefined;
  } catch {
    return undefined;
  }
}
