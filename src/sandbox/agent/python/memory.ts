const decoder = new TextDecoder();

/** The interpreter's linear memory, as the host's functions see it. */
export class Memory {
  readonly memory: WebAssembly.Memory;
  private cached: { readonly bytes: Uint8Array; readonly view: DataView } | undefined;

  /** Pages of 64 KiB. */
  constructor(initial: number, maximum: number) {
    this.memory = new WebAssembly.Memory({ initial, maximum });
  }

  get bytes(): Uint8Array {
    return this.current.bytes;
  }

  get view(): DataView {
    return this.current.view;
  }

  /** The text that ends at the first zero byte. */
  text(at: number): string {
    const { bytes } = this;
    return decoder.decode(bytes.subarray(at, bytes.indexOf(0, at)));
  }

  /** A copy. */
  slice(at: number, length: number): Uint8Array {
    return this.bytes.slice(at, at + length);
  }

  /** Copies bytes in and hands back where they end. */
  write(at: number, bytes: Uint8Array): number {
    this.bytes.set(bytes, at);
    return at + bytes.length;
  }

  /** A text with a zero byte behind it. */
  writeText(at: number, text: string): number {
    return this.write(at, Buffer.from(`${text}\0`));
  }

  word(at: number): number {
    return this.view.getUint32(at, true);
  }

  setWord(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  setLong(at: number, value: bigint): void {
    this.view.setBigInt64(at, value, true);
  }

  /** Grows by pages; false when that is more than the limit, or than the machine has. */
  grow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  /** The views of a memory that has grown are of no use any more. */
  private get current() {
    const { buffer } = this.memory;
    if (this.cached?.bytes.buffer !== buffer)
      this.cached = { bytes: new Uint8Array(buffer), view: new DataView(buffer) };
    return this.cached;
  }
}
