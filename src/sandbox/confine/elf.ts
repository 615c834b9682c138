/** What a program file says about how it wants to be loaded (ELF, the 64-bit little-endian kind). */
export interface LoadNeeds {
  /** The program that loads it, such as `/lib64/ld-linux-x86-64.so.2`; none when it is static or a library. */
  readonly interpreter: string | undefined;
  /** Names of libraries. */
  readonly libraries: readonly string[];
  /** Folders to look for them first; `$ORIGIN` is the file's own. */
  readonly folders: readonly string[];
}

const MAGIC = 0x7f45_4c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const SEGMENT = { load: 1, dynamic: 2, interpreter: 3 } as const;
const TAG = { end: 0n, needed: 1n, strings: 5n, rpath: 15n, runpath: 29n } as const;
const SEGMENT_BYTES = 56;
const ENTRY_BYTES = 16;
/** The file says itself how long its parts are; more than this is read of none. */
const MOST_OF_A_NAME = 4096;
const MOST_OF_A_TABLE = 1024 * 1024;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Reads `length` bytes at `offset` of the file; fewer where it ends. Offsets come from the file and may be anything. */
export type ReadAt = (offset: number, length: number) => Buffer;

/** @throws RangeError for a file that is not of this kind or contradicts itself */
export function readLoadNeeds(readAt: ReadAt): LoadNeeds {
  const segments = readSegments(readAt);
  const interpreter = segments.find(({ type }) => type === SEGMENT.interpreter);
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
  return {
    interpreter: interpreter && text(readAt(interpreter.offset, Math.min(interpreter.size, MOST_OF_A_NAME))),
    ...(dynamic ? readDynamic(readAt, segments, dynamic) : { libraries: [], folders: [] }),
  };
}

function readSegments(readAt: ReadAt): readonly Segment[] {
  const header = readAt(0, 64);
  if (header.length < 64 || header.readUInt32BE(0) !== MAGIC) throw new RangeError('not an ELF file');
  if (header[4] !== CLASS_64 || header[5] !== LITTLE_ENDIAN) throw new RangeError('not a 64-bit program');
  const count = header.readUInt16LE(56);
  const table = readAt(Number(header.readBigUInt64LE(32)), count * SEGMENT_BYTES);
  return Array.from({ length: count }, (_, index) => readSegment(table, index * SEGMENT_BYTES));
}

function readSegment(table: Buffer, at: number): Segment {
  return {
    type: table.readUInt32LE(at),
    offset: Number(table.readBigUInt64LE(at + 8)),
    address: Number(table.readBigUInt64LE(at + 16)),
    size: Number(table.readBigUInt64LE(at + 32)),
  };
}

function readDynamic(
  readAt: ReadAt,
  segments: readonly Segment[],
  { offset, size }: Segment,
): Pick<LoadNeeds, 'libraries' | 'folders'> {
  const entries = readEntries(readAt(offset, Math.min(size, MOST_OF_A_TABLE)));
  const strings = entries.find(([tag]) => tag === TAG.strings)?.[1];
  if (strings === undefined) return { libraries: [], folders: [] };
  const start = offsetOf(segments, strings);
  const named = (...tags: bigint[]) =>
    entries
      .filter(([tag]) => tags.includes(tag))
      .map(([, value]) => text(readAt(start + value, MOST_OF_A_NAME)));
  return {
    libraries: named(TAG.needed),
    folders: named(TAG.rpath, TAG.runpath).flatMap(folders => folders.split(':')),
  };
}

function readEntries(table: Buffer): readonly (readonly [tag: bigint, value: number])[] {
  const entries: [bigint, number][] = [];
  for (let at = 0; at + ENTRY_BYTES <= table.length; at += ENTRY_BYTES) {
    const tag = table.readBigUInt64LE(at);
    if (tag === TAG.end) break;
    entries.push([tag, Number(table.readBigUInt64LE(at + 8))]);
  }
  return entries;
}

/** Where in the file an address of the loaded program is. */
function offsetOf(segments: readonly Segment[], address: number): number {
  const holder = segments.find(
    ({ type, address: start, size }) => type === SEGMENT.load && start <= address && address < start + size,
  );
  if (!holder) throw new RangeError('an address outside of the program');
  return holder.offset + (address - holder.address);
}

/** The text that a zero byte ends. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
