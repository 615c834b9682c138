/** What lies at a path in the machine's first file system. */
export interface ArchiveEntry {
  /** Without a slash in front. A folder comes before what lies in it. */
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'program' | 'link';
  /** Content of a file; target of a link. */
  readonly bytes?: Uint8Array;
}

/** Types and permissions, as `stat` tells them. */
const MODES: Readonly<Record<ArchiveEntry['kind'], number>> = {
  folder: 0o040755,
  file: 0o100644,
  program: 0o100755,
  link: 0o120777,
};
const HEADER_BYTES = 110;

/**
 * The entries as an archive that Linux unpacks when it starts ("newc", Documentation/driver-api/early-userspace/buffer-format.rst). Same
 * entries, same bytes: everything belongs to root and is from 1970.
 */
export function archive(entries: readonly ArchiveEntry[]): Uint8Array[] {
  const parts = entries.flatMap(({ path, kind, bytes = new Uint8Array() }, index) =>
    entry(path, MODES[kind], bytes, index + 1),
  );
  return [...parts, ...entry('TRAILER!!!', 0, new Uint8Array(), 0)];
}

function entry(path: string, mode: number, bytes: Uint8Array, inode: number): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const owner = [0, 0];
  const links = 1;
  const time = 0;
  const devices = [0, 0, 0, 0];
  const fields = [inode, mode, ...owner, links, time, bytes.length, ...devices, name.length, 0];
  const header = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`;
  return [Buffer.from(header), name, padding(HEADER_BYTES + name.length), bytes, padding(bytes.length)];
}

/** Names and contents end at multiples of four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
