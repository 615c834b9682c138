import { dirname, join } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { createFolder, type Disk } from './disk.ts';
import { quietly, readAt, writeAll } from './files.ts';
import { BLOCK_BYTES, readTarHeader, TAR_END, tarHeader, tarPadding } from './tar.ts';

/** A file of an archive: its name and its bytes, in pieces. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  readonly pieces: Iterable<Uint8Array>;
}

const PIECE = 1024 * 1024;
/** The files that an archive may hold, and how many bytes of each. */
const ALLOWED: readonly (readonly [RegExp, number])[] = [
  [/^(?:layers\/[1-9][0-9]?\/)?base\.vns$/, Number.POSITIVE_INFINITY],
  [/^(?:layers\/[1-9][0-9]?\/)?branch\.json$/, LIMITS.documentBytes],
  [/^(?:layers\/[1-9][0-9]?\/)?journal\/[0-9]{8}\.vnj$/, Number.POSITIVE_INFINITY],
  [/^(?:layers\/[1-9][0-9]?\/)?objects\/sha256\/[0-9a-f]{2}\/[0-9a-f]{62}$/, LIMITS.loadedFileBytes],
  [/^outputs\.ndjson$/, Number.POSITIVE_INFINITY],
  [/^report\.json$/, LIMITS.documentBytes],
];

/** The bytes of an archive of these entries, which stand in the order of their names. */
export function* pack(entries: Iterable<ArchiveEntry>): Generator<Uint8Array, void> {
  for (const { name, size, pieces } of entries) {
    yield tarHeader(name, size);
    yield* pieces;
    yield tarPadding(size);
  }
  yield TAR_END;
}

/** The first `size` bytes of a file, in pieces. @throws an error with a code when it is shorter. */
export function* piecesOfFile(disk: Disk, path: string, size: number): Generator<Uint8Array, void> {
  const file = disk.open(path);
  try {
    if (disk.size(file) < size) throw Object.assign(new Error('the file has shrunk'), { code: 'EIO' });
    for (let at = 0; at < size; at += PIECE) yield readAt(disk, file, at, Math.min(PIECE, size - at));
  } finally {
    disk.close(file);
  }
}

/** Writes pieces under another name first; the file appears when it is whole and on the disk. */
export function writePieces(disk: Disk, path: string, pieces: Iterable<Uint8Array>): void {
  const partial = `${path}.partial`;
  disk.remove(partial);
  try {
    createFrom(disk, partial, pieces);
    giveName(disk, partial, path);
  } catch (error) {
    quietly(() => disk.remove(partial));
    throw error;
  }
}

/** Gives a file that is whole its name, when its bytes are on the disk. */
export function giveName(disk: Disk, partial: string, path: string): void {
  const file = disk.open(partial);
  try {
    disk.sync(file);
  } finally {
    disk.close(file);
  }
  disk.rename(partial, path);
  disk.syncFolder(dirname(path));
}

/**
 * Takes the files of an archive out into the new folder `dir`, in pieces, and brings them to the disk. What they say is not looked at.
 * @returns each with its name and size, in their order
 * @throws Failure VNES8020 for what {@link pack} would not have written: other names, another order, a name twice, other bytes
 * between the files, or an end that is missing or goes on.
 */
export function unpack(disk: Disk, archive: string, dir: string): readonly string[] {
  const file = disk.open(archive);
  try {
    const reader = new ArchiveReader(disk, file, archive);
    const folders = new Set<string>([dir]);
    const taken: string[] = [];
    createFolder(disk, dir);
    for (let entry = reader.next(); entry; entry = reader.next()) {
      const path = join(dir, entry.name);
      createFolder(disk, dirname(path));
      folders.add(dirname(path));
      createFrom(disk, path, entry.pieces);
      taken.push(`${entry.name} with ${entry.size} bytes`);
    }
    for (const folder of folders) disk.syncFolder(folder);
    return taken;
  } finally {
    disk.close(file);
  }
}

class ArchiveReader {
  private readonly disk: Disk;
  private readonly file: number;
  private readonly shown: string;
  private readonly size: number;
  private at = 0;
  private before = '';

  constructor(disk: Disk, file: number, shown: string) {
    this.disk = disk;
    this.file = file;
    this.shown = shown;
    this.size = disk.size(file);
  }

  /** The next file, whose pieces must be taken before the one after it; undefined at the end. */
  next(): ArchiveEntry | undefined {
    const header = this.take(BLOCK_BYTES);
    if (header.equals(TAR_END.subarray(0, BLOCK_BYTES))) return this.end();
    const entry = readTarHeader(header);
    if (!entry) return this.refuse('a header that vnes does not write', BLOCK_BYTES);
    const { name, size } = entry;
    const allowed = ALLOWED.find(([pattern]) => pattern.test(name));
    if (!allowed) return this.refuse(`a file that no recording has: ${JSON.stringify(name)}`, BLOCK_BYTES);
    if (name <= this.before) return this.refuse(`${name} twice, or after ${this.before}`, BLOCK_BYTES);
    if (size > allowed[1])
      return this.refuse(`${name} with ${size} bytes, more than ${allowed[1]}`, BLOCK_BYTES);
    this.before = name;
    return { name, size, pieces: this.pieces(size) };
  }

  private *pieces(size: number): Generator<Uint8Array, void> {
    for (let left = size; left > 0; left -= PIECE) yield this.take(Math.min(PIECE, left));
    const padding = tarPadding(size);
    if (!this.take(padding.length).equals(padding)) this.refuse('bytes between two files', padding.length);
  }

  private end(): undefined {
    if (!this.take(BLOCK_BYTES).equals(TAR_END.subarray(BLOCK_BYTES)))
      this.refuse('half an end', BLOCK_BYTES);
    if (this.at < this.size) this.refuse(`${this.size - this.at} bytes after the end`);
    return undefined;
  }

  private take(length: number): Buffer {
    if (this.size - this.at < length) this.refuse('the end of the file within it');
    const bytes = readAt(this.disk, this.file, this.at, length);
    this.at += length;
    return bytes;
  }

  private refuse(found: string, back = 0): never {
    fail('VNES8020', `this is no exported recording: at byte ${this.at - back}`, {
      place: { file: this.shown },
      expected: 'an archive as `vnes export` writes it',
      found,
      help: 'take the file from where it was exported again',
    });
  }
}

function createFrom(disk: Disk, path: string, pieces: Iterable<Uint8Array>): void {
  const file = disk.create(path);
  try {
    for (const piece of pieces) writeAll(disk, file, piece);
    disk.sync(file);
  } finally {
    disk.close(file);
  }
}
