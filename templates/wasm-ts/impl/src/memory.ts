/**
 * Strings and bytes across the component boundary (Component Model, canonical ABI). The host writes into blocks that it gets
 * from `cabi_realloc`; whoever receives a block frees it, so nothing stays behind from one delivery to the next.
 */

/** Room for one lifted result: at most a tag and a (pointer, length) pair. */
export const RESULT_AREA: usize = memory.data(16, 8);

/** One byte, set while an abort is under way. A cell and no variable, so that global initialisers may abort too. */
export const ABORTING: usize = memory.data(1);

/** Set when the instance ends, so that running out of memory while saying so does not go round in circles. */
let aborting: bool = false;

/** Whether this is the first abort. Lives here because this file is initialised before any other. */
export function enterAbort(): bool {
  if (aborting) return false;
  aborting = true;
  return true;
}

/** A block that the host may fill. Alignment is at most 8; the allocator gives 16. */
export function reallocate(block: usize, oldSize: usize, align: usize, newSize: usize): usize {
  if (newSize == 0) return align;
  return oldSize == 0 ? heap.alloc(newSize) : heap.realloc(block, newSize);
}

/** Reads the UTF-8 text in a block and frees the block. */
export function takeText(block: usize, length: usize): string {
  if (length == 0) return '';
  const text = String.UTF8.decodeUnsafe(block, length);
  heap.free(block);
  return text;
}

/** Reads the bytes in a block and frees the block. */
export function takeBytes(block: usize, length: usize): Uint8Array {
  const bytes = new Uint8Array(<i32>length);
  if (length == 0) return bytes;
  memory.copy(bytes.dataStart, block, length);
  heap.free(block);
  return bytes;
}

/** A text as UTF-8 in a block of its own; free it by {@link release}. A lone surrogate becomes U+FFFD. */
export class Block {
  readonly length: usize;
  readonly start: usize;

  constructor(text: string) {
    this.length = <usize>String.UTF8.byteLength(text);
    this.start = this.length == 0 ? 1 : heap.alloc(this.length);
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, this.start, false, String.UTF8.ErrorMode.REPLACE);
  }

  release(): void {
    if (this.length > 0) heap.free(this.start);
  }
}
