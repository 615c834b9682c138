/** So much is asked for at least: most messages then take one call of the system. Buffers up to this size come from Node's pool. */
const AHEAD = 4000;

/** What came through a pipe and was not taken yet. */
export class Inbox {
  private readonly read: (into: Buffer, from: number) => number;
  private held = Buffer.alloc(0);

  /** @param read waits for bytes and puts them into a buffer from a place on; says how many there were */
  constructor(read: (into: Buffer, from: number) => number) {
    this.read = read;
  }

  /** Exactly `size` bytes. */
  take(size: number): Buffer {
    if (this.held.length < size) this.fill(size);
    const taken = this.held.subarray(0, size);
    this.held = this.held.subarray(size);
    return taken;
  }

  private fill(size: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(size, AHEAD));
    let count = this.held.copy(bytes);
    while (count < size) count += this.read(bytes, count);
    this.held = bytes.subarray(0, count);
  }
}
