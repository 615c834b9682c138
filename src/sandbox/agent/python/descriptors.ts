import { ERRNO } from './errno.ts';
import { type FileNode, type FileTree, normalPath } from './files.ts';

/** What can be read from or written to besides files: the door to the host, and the standard streams. */
export interface Device {
  read(length: number): Uint8Array;
  write(bytes: Uint8Array): void;
}

interface Open {
  readonly node: FileNode;
  at: number;
}

/** The lowest number that a file gets; below are the standard streams. */
const FIRST = 3;
/** As many files as an interpreter may have open at a time. */
const MOST = 256;

/** The open files of one interpreter. Answers below zero are error numbers, as the C library expects them. */
export class Descriptors {
  private readonly tree: FileTree;
  private readonly devices: ReadonlyMap<number, Device>;
  private readonly open = new Map<number, Open>();

  constructor(tree: FileTree, devices: ReadonlyMap<number, Device>) {
    this.tree = tree;
    this.devices = devices;
  }

  node(path: string): FileNode | undefined {
    return path === '' ? undefined : this.tree.at(normalPath(path));
  }

  nodeOf(descriptor: number): FileNode | undefined {
    return this.open.get(descriptor)?.node;
  }

  isDevice(descriptor: number): boolean {
    return this.devices.has(descriptor);
  }

  /** Opens a file or a folder to be read. */
  openAt(path: string, writing: boolean): number {
    const node = this.node(path);
    if (writing) return -ERRNO.readOnly;
    if (!node) return -ERRNO.noEntry;
    for (let number = FIRST; number < MOST; number += 1) {
      if (this.open.has(number)) continue;
      this.open.set(number, { node, at: 0 });
      return number;
    }
    return -ERRNO.badDescriptor;
  }

  close(descriptor: number): boolean {
    return this.open.delete(descriptor) || this.devices.has(descriptor);
  }

  /** The next bytes; with `from`, those at a place of their own. */
  read(descriptor: number, length: number, from?: number): Uint8Array | undefined {
    const device = this.devices.get(descriptor);
    if (device) return device.read(length);
    const file = this.open.get(descriptor);
    if (!file?.node.bytes) return undefined;
    const start = from ?? file.at;
    const part = file.node.bytes.subarray(start, start + length);
    if (from === undefined) file.at += part.length;
    return part;
  }

  write(descriptor: number, bytes: Uint8Array): boolean {
    this.devices.get(descriptor)?.write(bytes);
    return this.devices.has(descriptor);
  }

  /** Moves within a file: from its start, from where it is, or from its end. */
  seek(descriptor: number, by: number, whence: number): number {
    const file = this.open.get(descriptor);
    if (!file) return this.devices.has(descriptor) ? -ERRNO.noSeek : -ERRNO.badDescriptor;
    const base = [0, file.at, file.node.bytes?.length ?? 0][whence];
    if (base === undefined || base + by < 0) return -ERRNO.invalid;
    file.at = base + by;
    return file.at;
  }
}
