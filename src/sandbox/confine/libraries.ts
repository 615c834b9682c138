import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type LoadNeeds, type ReadAt, readLoadNeeds } from './elf.ts';

/** Where loaders look by themselves: the plain folders, and those of Debian for each architecture. */
const TRIPLETS = ['x86_64-linux-gnu', 'aarch64-linux-gnu'] as const;
const STANDARD = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'].flatMap(folder => [
  folder,
  ...TRIPLETS.map(triplet => `${folder}/${triplet}`),
]);

/** The one folder of libraries inside, and other names for it, so that each system's loader finds them. */
const INSIDE = '/lib';
export const LIBRARY_LINKS: readonly (readonly [target: string, link: string])[] = [
  ['lib', '/lib64'],
  ...TRIPLETS.map(triplet => ['.', `/lib/${triplet}`] as const),
  ['../lib', '/usr/lib'],
  ['../lib', '/usr/lib64'],
];

/** Path inside to file of the host. */
export type Libraries = ReadonlyMap<string, string>;

/**
 * What one of the machine's own programs needs to be loaded, besides itself. A static program needs nothing.
 * @throws RangeError for what is no program of this machine; Error when a library is missing
 */
export function librariesOf(program: string): Libraries {
  return new Search().run(fileReader(program), path.dirname(realpathSync(program)));
}

class Search {
  private readonly found = new Map<string, string>();
  /** A loader outside of the standard folders, as Nix has it, looks beside itself. */
  private beside: readonly string[] = [];

  run(readAt: ReadAt, folder: string): Libraries {
    const needs = readLoadNeeds(readAt);
    if (needs.interpreter !== undefined) this.loader(needs.interpreter);
    this.libraries(needs, folder);
    return this.found;
  }

  private loader(interpreter: string): void {
    const name = path.posix.basename(interpreter);
    const standard = STANDARD.includes(path.posix.dirname(interpreter));
    const file = real(interpreter) ?? missing(interpreter);
    this.beside = [path.dirname(file)];
    this.found.set(standard ? path.posix.join(INSIDE, name) : interpreter, file);
  }

  /** `folder` is that of the file which asks. */
  private libraries({ libraries, folders }: LoadNeeds, folder: string): void {
    const own = [...folders.map(each => each.replace(/\$(ORIGIN|\{ORIGIN\})/, folder)), folder];
    for (const name of libraries) {
      const inside = path.posix.join(INSIDE, path.posix.basename(name));
      if (this.found.has(inside)) continue;
      const file = firstIn([...own, ...STANDARD, ...this.beside], name) ?? missing(name);
      this.found.set(inside, file);
      this.libraries(readLoadNeeds(fileReader(file)), path.dirname(file));
    }
  }
}

function firstIn(folders: readonly string[], name: string): string | undefined {
  for (const folder of folders.filter(each => path.isAbsolute(each))) {
    const file = real(path.join(folder, name));
    if (file !== undefined) return file;
  }
  return undefined;
}

function real(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

function missing(name: string): never {
  throw new Error(`the library ${name} was not found among those of the system`);
}

function fileReader(file: string): ReadAt {
  return (offset, length) => {
    const descriptor = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
    } finally {
      closeSync(descriptor);
    }
  };
}
