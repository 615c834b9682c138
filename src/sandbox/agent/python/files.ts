/** One file or folder that the interpreter sees. */
export interface FileNode {
  readonly number: number;
  /** Content of a file; undefined for a folder. */
  readonly bytes: Uint8Array | undefined;
  /** Names in a folder with the paths of what they name, in the order of their adding. */
  readonly names: Map<string, string>;
}

/**
 * All files that the interpreter sees: what it was given, below folders that follow from the paths. None of the machine's is
 * among them, and nothing in it can be changed.
 */
export class FileTree {
  private readonly nodes = new Map<string, FileNode>();

  /** By absolute path. */
  constructor(files: Iterable<readonly [path: string, bytes: Uint8Array]>) {
    this.folder('/');
    for (const [path, bytes] of files) this.add(path, bytes);
  }

  at(path: string): FileNode | undefined {
    return this.nodes.get(path);
  }

  private add(path: string, bytes: Uint8Array): void {
    this.link(path);
    this.nodes.set(path, this.node(bytes));
  }

  private folder(path: string): FileNode {
    const known = this.nodes.get(path);
    if (known) return known;
    const made = this.node(undefined);
    this.nodes.set(path, made);
    if (path !== '/') this.link(path);
    return made;
  }

  private link(path: string): void {
    const cut = path.lastIndexOf('/');
    this.folder(path.slice(0, cut) || '/').names.set(path.slice(cut + 1), path);
  }

  private node(bytes: Uint8Array | undefined): FileNode {
    return { number: this.nodes.size + 1, bytes, names: new Map() };
  }
}

/** An absolute path without `.`, `..` and doubled slashes. */
export function normalPath(path: string, from = '/'): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith('/') ? '' : `${from}/`}${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
