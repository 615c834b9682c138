import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Digest, sha256 } from '../../base/digest.ts';
import { type Ports, toRfc3339 } from '../../base/ports.ts';
import { errorCode } from '../../base/system-error.ts';
import { hashFile } from '../../capsule/hash-file.ts';
import { shownPath } from '../git/bytes.ts';
import { isCapsuleFolder } from '../walk.ts';
import { OpenFolder } from './folder.ts';
import type { Entry } from './scan.ts';

/** The folder that a removed store lies in: the current one, or the one round the capsules that this lies in. */
function storeBase(cwd: string): string {
  let base = realpathSync(cwd);
  for (let folder = base; ; folder = path.dirname(folder)) {
    const above = path.dirname(folder);
    if (above === folder) return base;
    if (isCapsuleFolder(folder)) base = above;
  }
}

/** Where things are kept that a repair takes out of capsules. Never in a capsule. */
export function removedStore(cwd: string): string {
  return path.join(storeBase(cwd), '.vnes', 'removed');
}

/** What became of something that was taken out of a capsule. */
export interface Kept {
  /** The file that holds its bytes now. */
  readonly kept: string;
  readonly sha256?: Digest;
}

/** Keeps what repairs take out of capsules: bytes by their digest, and a record of where they were. Nothing is deleted. */
export class RemovedStore {
  readonly folder: OpenFolder;
  private readonly where: string;
  private readonly ports: Ports;
  private readonly mark: string;
  private count = 0;

  /** @throws a system error when the folder cannot be made, or when one on the way to it is a link. */
  constructor(ports: Ports) {
    this.ports = ports;
    this.where = removedStore(ports.env.cwd);
    this.folder = OpenFolder.make(storeBase(ports.env.cwd), ['.vnes', 'removed'], 0o755);
    this.mark = Buffer.from(ports.entropy.bytes(6)).toString('hex');
  }

  close(): void {
    this.folder.close();
  }

  /** A name in the store that nobody else uses. */
  temporary(): string {
    this.count += 1;
    return `${this.mark}-${this.count}.partial`;
  }

  /**
   * Takes an entry out of a folder of a capsule. Whatever lies there at that moment is kept, even if it is not what was seen before.
   * @returns where it is kept; `sha256` is of what was found.
   */
  take(from: OpenFolder, name: string, entry: Entry, capsule: string): Kept {
    const arrived = this.temporary();
    move(from.at(name), this.folder.at(arrived), entry);
    const { kept, digest } = this.settle(arrived);
    this.record(kept, digest, entry, capsule);
    const file = path.join(this.where, kept);
    return digest === undefined ? { kept: file } : { kept: file, sha256: digest };
  }

  /** Gives what arrived its name, by what it turned out to be. */
  private settle(arrived: string): { readonly kept: string; readonly digest?: Digest } {
    const place = this.folder.at(arrived);
    const status = lstatSync(place);
    if (status.isSymbolicLink()) return this.keepBytes(arrived, readlinkSync(place, 'buffer'));
    if (!status.isFile()) return this.keepAsIs(arrived);
    const digest = digestOf(place);
    if (digest === undefined) return this.keepAsIs(arrived);
    const kept = hexOf(digest);
    // Another name of it outside would let its bytes change; a copy has none.
    if (status.nlink > 1) this.copy(arrived, kept);
    else this.name(arrived, kept);
    return { kept, digest };
  }

  private keepBytes(arrived: string, bytes: Buffer): { readonly kept: string; readonly digest: Digest } {
    const digest = sha256(bytes);
    const temporary = this.temporary();
    writeSynced(this.folder.at(temporary), bytes);
    renameSync(this.folder.at(temporary), this.folder.at(hexOf(digest)));
    unlinkSync(this.folder.at(arrived));
    return { kept: hexOf(digest), digest };
  }

  /** What has no bytes, or none that may be read, stays what it is. */
  private keepAsIs(arrived: string): { readonly kept: string } {
    const kept = `other-${arrived.replace('.partial', '')}`;
    renameSync(this.folder.at(arrived), this.folder.at(kept));
    return { kept };
  }

  private copy(arrived: string, kept: string): void {
    const temporary = this.temporary();
    copyFileSync(this.folder.at(arrived), this.folder.at(temporary), constants.COPYFILE_EXCL);
    this.name(temporary, kept);
    unlinkSync(this.folder.at(arrived));
  }

  private name(from: string, kept: string): void {
    // Neither a program nor one with another's rights while it lies here.
    chmodSync(this.folder.at(from), 0o600);
    renameSync(this.folder.at(from), this.folder.at(kept));
  }

  private record(kept: string, digest: Digest | undefined, entry: Entry, capsule: string): void {
    const { kind, mode, size } = entry;
    const facts = {
      schemaVersion: 1,
      capsule,
      path: shownPath(entry.path),
      pathBytes: Buffer.from(entry.path, 'latin1').toString('base64'),
      kind,
      mode: mode.toString(8),
      size,
      ...(digest === undefined ? {} : { sha256: digest }),
      removed: toRfc3339(this.ports.clock.now()),
    };
    const name = `${kept}.${this.temporary().replace('.partial', '')}.json`;
    writeSynced(this.folder.at(name), Buffer.from(`${JSON.stringify(facts, undefined, 2)}\n`));
  }
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

function digestOf(place: Buffer): Digest | undefined {
  try {
    return hashFile(place).sha256;
  } catch {
    return undefined;
  }
}

/** Writes a file that is not there yet, and brings it to the disk. */
export function writeSynced(place: Buffer, bytes: Uint8Array, mode = 0o600): void {
  const descriptor = openSync(place, 'wx', mode);
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** By its name where both are on one file system; otherwise as a copy that is checked before the original goes. */
function move(from: Buffer, to: Buffer, { kind, sha256: digest }: Entry): void {
  try {
    renameSync(from, to);
    return;
  } catch (error) {
    if (errorCode(error) !== 'EXDEV' || kind !== 'file' || digest === undefined) throw error;
  }
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  if (digestOf(to) !== digest) {
    throw Object.assign(new Error('the file changed while it was copied'), { code: 'ESTALE' });
  }
  unlinkSync(from);
}
