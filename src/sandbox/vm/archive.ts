type Kind = 'folder' | 'file' | 'program' | 'link' | 'nowhere';

/** What lies at a path in the machine's first file system. */
export interface ArchiveEntry {
  /** Without a slash in front. A folder comes before what lies in it. */
  readonly path: string;
  readonly kind: Kind;
  /** Content of a file; target of a link. */
  readonly bytes?: Uint8Array;
  /** When it was changed, in seconds since 1970; that is 0 where nothing else is said. */
  readonly time?: number;
}

/** Types and permissions, as `stat` tells them. */
const MODES: Readonly<Record<Kind, number>> = {
  folder: 0o040755,
  file: 0o100644,
  program: 0o100755,
  link: 0o120777,
  nowhere: 0o020666,
};

/** Major and minor number of the device that leads nowhere. */
const NOWHERE = [1, 3];
const HEADER_BYTES = 110;

/**
 * The entries as an archive that Linux unpacks when it starts ("newc", Documentation/driver-api/early-userspace/buffer-format.rst). Same
 * entries, same bytes: everything belongs to root.
 */
export function archive(entries: readonly ArchiveEntry[]): Uint8Array[] {
  return [...entries.flatMap((each, index) => entry(each, index + 1)), ...entry(END, 0)];
}

const END = { path: 'TRAILER!!!', kind: undefined };

function entry(
  { path, kind, bytes = new Uint8Array(), time = 0 }: Omit<ArchiveEntry, 'kind'> & { kind: Kind | undefined },
  inode: number,
): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const mode = kind === undefined ? 0 : MODES[kind];
  const owner = [0, 0];
  const links = 1;
  const devices = [0, 0, ...(kind === 'nowhere' ? NOWHERE : [0, 0])];
  const fields = [inode, mode, ...owner, links, time, bytes.length, ...devices, name.length, 0];
  const header = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`;
  return [Buffer.from(header), name, padding(HEADER_BYTES + name.length), bytes, padding(bytes.length)];
}

/** Names and contents end at multiples of four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
