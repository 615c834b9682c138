import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Source } from '../confine/types.ts';
import type { ArchiveEntry } from './archive.ts';

const MILLISECONDS = 1000;

/** An entry for a path inside. Paths begin with a slash here, as everywhere else inside; in the archive they do not. */
export function entry(
  kind: ArchiveEntry['kind'],
  inside: string,
  bytes: Uint8Array = new Uint8Array(),
): ArchiveEntry {
  return { kind, path: inside.slice(1), bytes };
}

/** A program, or a library, as it is on the host. */
export function program(inside: string, host: string): ArchiveEntry {
  return entry('program', inside, readFileSync(host));
}

/** What lies there: bytes, a file of the host, or a folder of the host with what is in it, but for what `leaveOut` names. */
export function entriesOf(
  inside: string,
  source: Source,
  leaveOut: (file: string) => boolean = () => false,
): readonly ArchiveEntry[] {
  if ('bytes' in source) return [entry('file', inside, source.bytes)];
  const { host } = source;
  const stat = statSync(host);
  // Python takes what it has compiled before only where the source is as old as it was then.
  if (!stat.isDirectory())
    return stat.isFile() ? [{ ...program(inside, host), time: Math.floor(stat.mtimeMs / MILLISECONDS) }] : [];
  return readdirSync(host)
    .sort()
    .filter(name => !leaveOut(name))
    .flatMap(name => entriesOf(`${inside}/${name}`, { host: path.join(host, name) }, leaveOut));
}

/** Every folder that files lie in, those above first. */
export function foldersOf(files: readonly ArchiveEntry[]): readonly ArchiveEntry[] {
  const folders = new Set<string>();
  for (const file of files) {
    const parts = file.path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders].map(folder => ({ kind: 'folder', path: folder }));
}
