import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
} from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../base/system-error.ts';

const FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
/** Where Linux shows open descriptors: a path through one of them cannot be led astray by a folder that is swapped for a link. */
const DESCRIPTORS = '/proc/self/fd';

/**
 * A folder that was opened without following a link. What is in it is reached through the descriptor, as `openat` does it. Where a
 * system does not show its descriptors, each access checks that the path still leads to this very folder.
 */
export class OpenFolder {
  private readonly descriptor: number;
  /** By its path, for systems without descriptors in paths. */
  private readonly place: Buffer;

  private constructor(access: Buffer, place: Buffer) {
    this.descriptor = openSync(access, FLAGS);
    this.place = place;
  }

  /** @throws a system error when this is no folder, or a link. */
  static open(folder: string): OpenFolder {
    return new OpenFolder(Buffer.from(folder), Buffer.from(folder));
  }

  /** Makes the folders of a path, each without following a link. `folder` has to be there. */
  static make(folder: string, names: readonly string[], mode: number): OpenFolder {
    return names.reduce<OpenFolder>((above, name) => {
      try {
        return above.inside(name, mode);
      } finally {
        above.close();
      }
    }, OpenFolder.open(folder));
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Brings its entries to the disk, where the system does that for folders. */
  sync(): void {
    try {
      fsyncSync(this.descriptor);
    } catch (error) {
      if (errorCode(error) !== 'EINVAL' && errorCode(error) !== 'EPERM') throw error;
    }
  }

  /** The path by which to reach a name in this folder; without a name the folder itself. Names are bytes, one character each. */
  at(name?: string): Buffer {
    // Judged before (target.ts), or read from a folder: nothing else is a name.
    if (name !== undefined && /^\.{0,2}$|\//.test(name))
      throw new RangeError(`not a name: ${JSON.stringify(name)}`);
    const inside = Buffer.from(name === undefined ? '' : `/${name}`, 'latin1');
    if (existsSync(DESCRIPTORS))
      return Buffer.concat([Buffer.from(`${DESCRIPTORS}/${this.descriptor}`), inside]);
    const [now, then] = [lstatSync(this.place), fstatSync(this.descriptor)];
    if (now.ino === then.ino && now.dev === then.dev) return Buffer.concat([this.place, inside]);
    throw Object.assign(new Error('the folder was replaced'), { code: 'ESTALE' });
  }

  /** As people would write it. */
  shown(name: string): string {
    return path.join(this.place.toString(), Buffer.from(name, 'latin1').toString());
  }

  /** A folder in this one. @throws a system error when it is none, or a link. */
  child(name: string): OpenFolder {
    return new OpenFolder(this.at(name), Buffer.concat([this.place, Buffer.from(`/${name}`, 'latin1')]));
  }

  /** As {@link child}; it is made where there is nothing. */
  inside(name: string, mode = 0o777): OpenFolder {
    try {
      mkdirSync(this.at(name), { mode });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    return this.child(name);
  }
}

/** Opens the folder that holds a path of a capsule and does something with the last name. `make` makes missing folders. */
export function within<Value>(
  root: OpenFolder,
  bytePath: string,
  use: (folder: OpenFolder, name: string) => Value,
  make = false,
): Value {
  const [first = '', ...rest] = bytePath.split('/');
  if (rest.length === 0) return use(root, first);
  const below = make ? root.inside(first) : root.child(first);
  try {
    return within(below, rest.join('/'), use, make);
  } finally {
    below.close();
  }
}
