import { basename, dirname } from 'node:path';
import type { Disk } from '../../../src/store/disk.ts';

/** A file: what a reader sees now, what is on the platter, and the writes in between. */
interface FileNode {
  bytes: Buffer;
  synced: Buffer;
  unsynced: { readonly at: number; readonly bytes: Buffer }[];
}

/** A folder: its entries now, those on the platter, and the changes in between, each of which is atomic. */
interface FolderNode {
  entries: Map<string, Node>;
  synced: Map<string, Node>;
  unsynced: (readonly (readonly [name: string, node: Node | undefined])[])[];
}

type Node = FileNode | FolderNode;

export type Operation = keyof Disk;

/** Decides whatever chance decides: a number from 0 up to, not including, `below`. */
export type Chance = (below: number) => number;

/** A seeded chance (mulberry32). */
export function seeded(seed: number): Chance {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * A disk in memory that can lose what a real one may lose. Between two syncs nothing is certain: writes may reach the platter in
 * any order, in part or never, and so may changes of folders, because POSIX promises no more. Nothing is kinder than that.
 */
export class SimDisk implements Disk {
  private readonly root: FolderNode;
  private readonly handles = new Map<number, FileNode>();
  private next = 3;
  /** Bytes that still fit. */
  space = Number.POSITIVE_INFINITY;
  /** Bytes that one write takes at most. */
  piece = Number.POSITIVE_INFINITY;
  /** Syncs that are acknowledged without being done. */
  lies: (operation: Operation) => boolean = () => false;
  /** Called before every operation; throws what the operation shall fail with. */
  before: (operation: Operation) => void = () => {};
  /** Called after every operation that changes something. */
  after: (operation: Operation) => void = () => {};

  constructor(root: FolderNode = folderOf(new Map())) {
    this.root = root;
  }

  makeFolder(path: string): string | undefined {
    this.before('makeFolder');
    let first: string | undefined;
    const names = path.split('/').filter(name => name !== '');
    for (let depth = 1; depth <= names.length; depth += 1) {
      const folder = `/${names.slice(0, depth).join('/')}`;
      const node = this.find(folder);
      if (node && !isFolder(node)) throw failure('ENOTDIR');
      if (node) continue;
      this.enter(folder, folderOf(new Map()));
      first ??= folder;
    }
    this.after('makeFolder');
    return first;
  }

  list(path: string): string[] {
    this.before('list');
    return [...this.folder(path).entries.keys()];
  }

  create(path: string): number {
    this.before('create');
    if (this.find(path)) throw failure('EEXIST');
    const file: FileNode = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0), unsynced: [] };
    this.enter(path, file);
    this.after('create');
    return this.handle(file);
  }

  open(path: string): number {
    this.before('open');
    const node = this.find(path);
    if (!node) throw failure('ENOENT');
    if (isFolder(node)) throw failure('not a plain file');
    return this.handle(node);
  }

  size(file: number): number {
    this.before('size');
    return this.file(file).bytes.length;
  }

  read(file: number, into: Uint8Array, at: number): number {
    this.before('read');
    const some = this.file(file).bytes.subarray(at, at + into.length);
    into.set(some);
    return some.length;
  }

  write(file: number, bytes: Uint8Array): number {
    this.before('write');
    const node = this.file(file);
    const taken = Math.min(bytes.length, this.piece, this.space);
    if (taken === 0 && bytes.length > 0) throw failure('ENOSPC');
    const written = Buffer.from(bytes.subarray(0, taken));
    this.space -= taken;
    node.unsynced.push({ at: node.bytes.length, bytes: written });
    node.bytes = Buffer.concat([node.bytes, written]);
    this.after('write');
    return taken;
  }

  sync(file: number): void {
    const node = this.file(file);
    try {
      this.before('sync');
    } catch (error) {
      // What a failed sync did not bring to the platter is never tried again, though readers still see it.
      node.unsynced = [];
      throw error;
    }
    if (!this.lies('sync')) {
      node.synced = node.bytes;
      node.unsynced = [];
    }
    this.after('sync');
  }

  syncFolder(path: string): void {
    this.before('syncFolder');
    const folder = this.folder(path);
    if (!this.lies('syncFolder')) {
      folder.synced = new Map(folder.entries);
      folder.unsynced = [];
    }
    this.after('syncFolder');
  }

  rename(from: string, to: string): void {
    this.before('rename');
    const node = this.find(from);
    if (!node) throw failure('ENOENT');
    const there = this.find(to);
    if (there && isFolder(there) && there.entries.size > 0) throw failure('ENOTEMPTY');
    if (dirname(from) !== dirname(to)) throw new Error('the store renames within one folder only');
    this.change(dirname(from), [
      [basename(from), undefined],
      [basename(to), node],
    ]);
    this.after('rename');
  }

  remove(path: string): void {
    this.before('remove');
    if (!this.find(path)) return;
    this.change(dirname(path), [[basename(path), undefined]]);
    this.after('remove');
  }

  close(file: number): void {
    this.handles.delete(file);
    this.before('close');
  }

  /** The disk as it may come up after a loss of power now. */
  crash(chance: Chance): SimDisk {
    return new SimDisk(survivor(this.root, chance) as FolderNode);
  }

  /** The disk as it is: the process died, the machine did not. */
  copy(): SimDisk {
    return new SimDisk(survivor(this.root, () => 0) as FolderNode);
  }

  /** Paths of all files. */
  files(folder: FolderNode = this.root, path = ''): string[] {
    return [...folder.entries].flatMap(([name, node]) =>
      isFolder(node) ? this.files(node, `${path}/${name}`) : [`${path}/${name}`],
    );
  }

  bytes(path: string): Buffer {
    return (this.find(path) as FileNode).bytes;
  }

  /** Changes bytes behind everybody's back. */
  spoil(path: string, bytes: Buffer): void {
    (this.find(path) as FileNode).bytes = bytes;
  }

  private handle(file: FileNode): number {
    this.next += 1;
    this.handles.set(this.next, file);
    return this.next;
  }

  private file(handle: number): FileNode {
    const node = this.handles.get(handle);
    if (!node) throw failure('EBADF');
    return node;
  }

  private folder(path: string): FolderNode {
    const node = this.find(path);
    if (!node) throw failure('ENOENT');
    if (!isFolder(node)) throw failure('ENOTDIR');
    return node;
  }

  private find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const name of path.split('/').filter(each => each !== ''))
      node = node && isFolder(node) ? node.entries.get(name) : undefined;
    return node;
  }

  private enter(path: string, node: Node): void {
    this.change(dirname(path), [[basename(path), node]]);
  }

  private change(path: string, change: FolderNode['unsynced'][number]): void {
    const folder = this.folder(path);
    apply(folder.entries, change);
    folder.unsynced.push(change);
  }
}

export function failure(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}

function isFolder(node: Node): node is FolderNode {
  return 'entries' in node;
}

function folderOf(entries: Map<string, Node>): FolderNode {
  return { entries, synced: new Map(entries), unsynced: [] };
}

function apply(entries: Map<string, Node>, change: FolderNode['unsynced'][number]): void {
  for (const [name, node] of change) node ? entries.set(name, node) : entries.delete(name);
}

/** What is left of a file or a folder; chance 0 keeps everything. */
function survivor(node: Node, chance: Chance): Node {
  if (!isFolder(node)) {
    const bytes = surviving(node, chance);
    return { bytes, synced: bytes, unsynced: [] };
  }
  const entries = new Map(node.synced);
  for (const change of node.unsynced) if (chance(3) < 2) apply(entries, change);
  return folderOf(new Map([...entries].map(([name, each]) => [name, survivor(each, chance)])));
}

/** A write is kept, lost, torn at a byte, or lost but for its room, in which anything may be found. */
function surviving({ synced, unsynced }: FileNode, chance: Chance): Buffer {
  let bytes = synced;
  for (const write of unsynced) {
    const fate = chance(5);
    if (fate === 4) continue;
    const kept =
      fate < 2
        ? write.bytes
        : fate === 2
          ? write.bytes.subarray(0, chance(write.bytes.length))
          : holed(write.bytes, chance);
    const end = Math.max(bytes.length, write.at + kept.length);
    bytes = Buffer.concat([bytes], end);
    kept.copy(bytes, write.at);
  }
  return bytes;
}

/** The bytes with a stretch of zeros or of noise in them, as sectors that did not make it. */
function holed(bytes: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(bytes);
  const start = chance(bytes.length);
  copy.fill(
    chance(2) === 0 ? 0 : chance(256),
    start,
    Math.min(bytes.length, start + 1 + chance(bytes.length)),
  );
  return copy;
}
