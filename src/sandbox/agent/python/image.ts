/** Everything that was in an interpreter's memory when it had started, without its empty pages. */
export interface Image {
  /** Size of the memory in bytes. */
  readonly size: number;
  /** The object that answers the host's requests. */
  readonly dispatch: number;
  readonly blocks: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

const BLOCK = 4096;
const HEADER = 8;

/** Size and object, then for each run of blocks that are not all zero its place, its length and its bytes; u32, little-endian. */
export function packImage(memory: Uint8Array, dispatch: number): Uint8Array {
  const runs = runsOf(memory);
  const total = runs.reduce((sum, [from, to]) => sum + 8 + to - from, HEADER);
  const packed = new Uint8Array(total);
  const view = new DataView(packed.buffer);
  view.setUint32(0, memory.length, true);
  view.setUint32(4, dispatch, true);
  let at = HEADER;
  for (const [from, to] of runs) {
    view.setUint32(at, from, true);
    view.setUint32(at + 4, to - from, true);
    packed.set(memory.subarray(from, to), at + 8);
    at += 8 + to - from;
  }
  return packed;
}

/** Reads what {@link packImage} wrote. The bytes are those whose digest is known, so they are well-formed. */
export function unpackImage(packed: Uint8Array): Image {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const blocks: { at: number; bytes: Uint8Array }[] = [];
  let at = HEADER;
  while (at < packed.length) {
    const length = view.getUint32(at + 4, true);
    blocks.push({ at: view.getUint32(at, true), bytes: packed.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  return { size: view.getUint32(0, true), dispatch: view.getUint32(4, true), blocks };
}

function runsOf(memory: Uint8Array): (readonly [from: number, to: number])[] {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset, memory.length / 8);
  const runs: [number, number][] = [];
  for (let at = 0; at < memory.length; at += BLOCK) {
    if (words.subarray(at / 8, (at + BLOCK) / 8).every(word => word === 0n)) continue;
    const last = runs.at(-1);
    if (last?.[1] === at) last[1] = at + BLOCK;
    else runs.push([at, at + BLOCK]);
  }
  return runs;
}
