import type { Descriptors } from './descriptors.ts';
import { ERRNO } from './errno.ts';
import type { FileNode } from './files.ts';
import type { Memory } from './memory.ts';

export type HostFunctions = Readonly<Record<string, (...args: never[]) => unknown>>;

/** What a syscall works on. `spend` takes fuel. */
export interface Kernel {
  readonly memory: Memory;
  readonly descriptors: Descriptors;
  spend(units: number): void;
}

const MODE = { file: 0o100444, folder: 0o040555, device: 0o020666 } as const;
const STAT_BYTES = 96;
const DIRENT_BYTES = 280;
const NAME_BYTES = 256;
const BLOCK = 4096;
const SECTOR = 512;
/** The access modes of `open` besides reading, and the flags that create, empty or extend. */
const WRITING = 0o3 | 0o100 | 0o1000 | 0o2000;
const FOLDER_FLAG = 0o200000;
/** The commands of `fcntl` that give a new descriptor; the others answer that nothing is set. */
const DUPLICATING: readonly number[] = [0, 1030];
/** Bytes that move for one unit of fuel. */
const BYTES_A_UNIT = 8;

/** The file calls of the C library that are answered: to look and to read. Whatever is not here is refused (machine.ts). */
export function fileCalls(kernel: Kernel): HostFunctions {
  const { memory, descriptors } = kernel;
  const look = (path: number, buffer: number) => {
    const node = descriptors.node(memory.text(path));
    return node ? writeStat(memory, buffer, node) : -ERRNO.noEntry;
  };
  return {
    __syscall_openat: (_folder: number, path: number, flags: number) =>
      openAt(kernel, memory.text(path), flags),
    __syscall_stat64: look,
    __syscall_lstat64: look,
    __syscall_newfstatat: (_folder: number, path: number, buffer: number) => look(path, buffer),
    __syscall_fstat64: (descriptor: number, buffer: number) => statOf(kernel, descriptor, buffer),
    __syscall_faccessat: (_folder: number, path: number, wanted: number) => {
      if (!descriptors.node(memory.text(path))) return -ERRNO.noEntry;
      return wanted & 2 ? -ERRNO.readOnly : 0;
    },
    __syscall_getcwd: (buffer: number, size: number) => {
      if (size < 2) return -ERRNO.invalid;
      memory.writeText(buffer, '/');
      return 2;
    },
    __syscall_getdents64: (descriptor: number, buffer: number, size: number) =>
      listFolder(kernel, descriptor, buffer, size),
    __syscall_readlinkat: () => -ERRNO.invalid,
    __syscall_ioctl: () => -ERRNO.notTerminal,
    __syscall_fcntl64: (_descriptor: number, command: number) =>
      DUPLICATING.includes(command) ? -ERRNO.noSystemCall : 0,
    fd_close: (descriptor: number) => (descriptors.close(descriptor) ? 0 : ERRNO.badDescriptor),
    fd_fdstat_get: (descriptor: number, buffer: number) => {
      memory.bytes.fill(0, buffer, buffer + 24);
      memory.bytes[buffer] = descriptors.isDevice(descriptor) ? 2 : 4;
      return 0;
    },
    fd_seek: (descriptor: number, by: bigint, whence: number, result: number) => {
      const at = descriptors.seek(descriptor, Number(by), whence);
      if (at < 0) return -at;
      memory.setLong(result, BigInt(at));
      return 0;
    },
    fd_read: (descriptor: number, vectors: number, count: number, result: number) =>
      scatter(kernel, vectors, count, result, length => descriptors.read(descriptor, length)),
    fd_pread: (descriptor: number, vectors: number, count: number, from: bigint, result: number) => {
      let at = Number(from);
      return scatter(kernel, vectors, count, result, length => {
        const part = descriptors.isDevice(descriptor) ? undefined : descriptors.read(descriptor, length, at);
        at += part?.length ?? 0;
        return part;
      });
    },
    fd_write: (descriptor: number, vectors: number, count: number, result: number) =>
      gather(kernel, descriptor, vectors, count, result),
  };
}

function openAt({ descriptors }: Kernel, path: string, flags: number): number {
  const opened = descriptors.openAt(path, (flags & WRITING) !== 0);
  if (opened < 0 || (flags & FOLDER_FLAG) === 0 || descriptors.nodeOf(opened)?.bytes === undefined)
    return opened;
  descriptors.close(opened);
  return -ERRNO.notFolder;
}

function statOf({ memory, descriptors }: Kernel, descriptor: number, buffer: number): number {
  const node = descriptors.nodeOf(descriptor);
  if (node) return writeStat(memory, buffer, node);
  return descriptors.isDevice(descriptor) ? writeStat(memory, buffer, undefined) : -ERRNO.badDescriptor;
}

/** The library's `struct stat`. All times are 0, everything belongs to user 0. */
function writeStat(memory: Memory, at: number, node: FileNode | undefined): number {
  const size = node?.bytes?.length ?? 0;
  memory.bytes.fill(0, at, at + STAT_BYTES);
  memory.setWord(at, 1);
  memory.setWord(at + 4, node ? (node.bytes ? MODE.file : MODE.folder) : MODE.device);
  memory.setWord(at + 8, 1);
  memory.setLong(at + 24, BigInt(size));
  memory.setWord(at + 32, BLOCK);
  memory.setWord(at + 36, Math.ceil(size / SECTOR));
  memory.setLong(at + 88, BigInt(node?.number ?? 0));
  return 0;
}

/** Entries of a folder from where the last call ended. A name that is too long for an entry is left out. */
function listFolder(
  { memory, descriptors, spend }: Kernel,
  descriptor: number,
  buffer: number,
  size: number,
): number {
  const node = descriptors.nodeOf(descriptor);
  if (!node) return -ERRNO.badDescriptor;
  if (node.bytes) return -ERRNO.notFolder;
  const names = [...node.names].filter(([name]) => Buffer.byteLength(name) < NAME_BYTES);
  const from = descriptors.seek(descriptor, 0, 1);
  const some = names.slice(from, from + Math.floor(size / DIRENT_BYTES));
  for (const [index, [name, path]] of some.entries()) {
    const child = descriptors.node(path)!;
    const at = buffer + index * DIRENT_BYTES;
    memory.setLong(at, BigInt(child.number));
    memory.setLong(at + 8, BigInt(from + index + 1));
    memory.view.setUint16(at + 16, DIRENT_BYTES, true);
    memory.bytes[at + 18] = child.bytes ? 8 : 4;
    memory.writeText(at + 19, name);
  }
  descriptors.seek(descriptor, some.length, 1);
  spend(some.length * DIRENT_BYTES);
  return some.length * DIRENT_BYTES;
}

/** Reads into a list of address and length. */
function scatter(
  { memory, spend }: Kernel,
  vectors: number,
  count: number,
  result: number,
  read: (length: number) => Uint8Array | undefined,
): number {
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const length = memory.word(vectors + 8 * index + 4);
    const part = read(length);
    if (!part) return ERRNO.badDescriptor;
    memory.write(memory.word(vectors + 8 * index), part);
    total += part.length;
    if (part.length < length) break;
  }
  spend(Math.ceil(total / BYTES_A_UNIT));
  memory.setWord(result, total);
  return 0;
}

/** Hands all bytes of a list of address and length on, as one. */
function gather(
  { memory, descriptors, spend }: Kernel,
  descriptor: number,
  vectors: number,
  count: number,
  result: number,
): number {
  const parts: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    parts.push(memory.slice(memory.word(vectors + 8 * index), memory.word(vectors + 8 * index + 4)));
  }
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  spend(Math.ceil(bytes.length / BYTES_A_UNIT));
  if (!descriptors.write(descriptor, bytes)) return ERRNO.badDescriptor;
  memory.setWord(result, bytes.length);
  return 0;
}
