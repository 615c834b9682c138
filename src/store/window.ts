import type { Disk } from './disk.ts';
import { quietly, readAt } from './files.ts';

/** Bytes that are read at once. */
const PIECE = 1024 * 1024;

/** A file that is read from its beginning to its end in small steps and large pieces. What was taken stays as it is. */
export class Window {
  readonly size: number;
  private readonly disk: Disk;
  private readonly file: number;
  private piece: Buffer = Buffer.alloc(0);
  private start = 0;

  /** @throws the disk's error */
  constructor(disk: Disk, path: string) {
    this.disk = disk;
    this.file = disk.open(path);
    this.size = disk.size(this.file);
  }

  /** `length` bytes at `offset`; fewer only at the end. */
  take(offset: number, length: number): Buffer {
    const at = offset - this.start;
    if (at >= 0 && at + length <= this.piece.length) return this.piece.subarray(at, at + length);
    this.piece = readAt(this.disk, this.file, offset, Math.min(Math.max(length, PIECE), this.size - offset));
    this.start = offset;
    return this.piece.subarray(0, length);
  }

  close(): void {
    quietly(() => this.disk.close(this.file));
  }
}
