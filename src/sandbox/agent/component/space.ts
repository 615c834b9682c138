/** `cabi_realloc` of the Canonical ABI. */
export type Realloc = (block: number, oldSize: number, align: number, newSize: number) => number;

const BYTE_ORDER_MARK = 0xef;
const ENTRY_BYTES = 16;

/**
 * Texts and numbers in the memory of core code (Component Model, CanonicalABI.md). It asks for the same blocks in the same order as
 * jco's glue and fails with the same errors, so that a guest meets no difference: neither in its fuel nor in its traps.
 */
export class Space {
  /** The text that was written last. */
  at = 0;
  length = 0;
  private readonly memory: WebAssembly.Memory;
  private readonly realloc: Realloc;
  private readonly decoder = new TextDecoder();
  private bytes: Buffer = Buffer.alloc(0);
  private numbers: DataView = new DataView(new ArrayBuffer());

  constructor(memory: WebAssembly.Memory, realloc: Realloc) {
    this.memory = memory;
    this.realloc = realloc;
  }

  /** Numbers of the memory as it is now: when it grows, views of it end. */
  get view(): DataView {
    if (this.numbers.buffer !== this.memory.buffer) {
      this.bytes = Buffer.from(this.memory.buffer);
      this.numbers = new DataView(this.memory.buffer);
    }
    return this.numbers;
  }

  /** The text at a place; what is no UTF-8 becomes U+FFFD. @throws RangeError when it lies outside. */
  text(at: number, length: number): string {
    const { byteLength } = this.view;
    const inside = at >= 0 && length >= 0 && at + length <= byteLength;
    if (!inside || this.bytes[at] === BYTE_ORDER_MARK)
      return this.decoder.decode(new Uint8Array(this.memory.buffer, at, length));
    return this.bytes.toString('utf8', at, at + length);
  }

  /** The text that a pair of place and length at `pair` means. */
  textOf(pair: number): string {
    const { view } = this;
    return this.text(view.getUint32(pair, true), view.getUint32(pair + 4, true));
  }

  /** Puts a text into a block of its own: see `at` and `length`. */
  put(text: string): void {
    this.length = Buffer.byteLength(text);
    this.at = 1;
    if (this.length > 0) this.fill(text, this.realloc(0, 0, 1, this.length), this.length);
  }

  /** Puts a text into a block of its own, and a pair of place and length at `pair`. */
  putAt(text: string, pair: number): void {
    this.put(text);
    this.pair(pair, this.at, this.length);
  }

  /** A list of bytes. */
  putBytes(bytes: Uint8Array, pair: number): void {
    const at = this.realloc(0, 0, 1, bytes.length);
    new Uint8Array(this.memory.buffer, at, bytes.length).set(bytes);
    this.pair(pair, at, bytes.length);
  }

  /** A list of records of two texts. */
  putEntries(entries: readonly { readonly key: string; readonly value: string }[], pair: number): void {
    const list = this.realloc(0, 0, 4, entries.length * ENTRY_BYTES);
    for (const [index, { key, value }] of entries.entries()) {
      this.putAt(key, list + index * ENTRY_BYTES);
      this.putAt(value, list + index * ENTRY_BYTES + 8);
    }
    this.pair(pair, list, entries.length);
  }

  private fill(text: string, at: number, length: number): void {
    const inside = at >= 0 && at + length <= this.view.byteLength;
    // One byte a unit is ASCII. A range that lies outside fails here as it does in the glue.
    if (!inside) new TextEncoder().encodeInto(text, new Uint8Array(this.memory.buffer, at, length));
    else if (length === text.length) this.bytes.write(text, at, length, 'latin1');
    else this.bytes.write(text, at, length, 'utf8');
    this.at = at;
  }

  private pair(pair: number, at: number, length: number): void {
    const { view } = this;
    view.setUint32(pair + 4, length, true);
    view.setUint32(pair, at, true);
  }
}
