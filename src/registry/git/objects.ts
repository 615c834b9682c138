import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash, type Hash, hash } from 'node:crypto';
import { diagnose, Failure } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { type Git, gitFailure, startGit } from './command.ts';

/** An object of a repository, hashed; the bytes when they were wanted. */
export interface GitObject {
  /** Hexadecimal, by the repository's own hash. */
  readonly id: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Digest;
  readonly bytes?: Buffer;
}

interface Request {
  readonly keepBytes: number;
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (failure: Failure) => void;
}

/** The object that is being received. */
interface Incoming {
  readonly id: string;
  readonly type: string;
  readonly size: number;
  readonly kept: Buffer[] | undefined;
  readonly state: Hash;
  left: number;
}

const LONGEST_HEADER = 4096;
const NEWLINE = 0x0a;

/**
 * Reads objects through one `git cat-file --batch`. Objects of any size pass through in pieces, so memory does not grow with
 * them.
 */
export class GitObjects {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: Request[] = [];
  private buffered: Buffer = Buffer.alloc(0);
  private incoming: Incoming | undefined;
  private said = '';
  private ended: Failure | undefined;

  constructor(git: Git) {
    this.child = startGit(git, ['cat-file', '--batch']);
    this.child.stdout.on('data', (chunk: Buffer) => this.receive(chunk));
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-2000);
    });
    this.child.stdin.on('error', () => {});
    this.child.on('error', error => this.end(gitFailure(error)));
    this.child.on('close', () => this.end(gitFailure(undefined, this.said)));
  }

  /**
   * An object by its name (gitrevisions), or undefined when there is none. `keepBytes` is the size up to which the bytes are
   * wanted.
   * @throws Failure VNES2401 when git ends; VNES2404 for an answer that is none.
   */
  read(name: string, keepBytes = 0): Promise<GitObject | undefined> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended);
        return;
      }
      this.waiting.push({ keepBytes, resolve, reject });
      this.child.stdin.write(`${name}\n`);
    });
  }

  /** Ends the process. What has not been answered yet is rejected. */
  close(): void {
    this.child.kill();
  }

  private end(failure: Failure): void {
    this.ended ??= failure;
    for (const request of this.waiting.splice(0)) request.reject(this.ended);
  }

  private receive(chunk: Buffer): void {
    let rest = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    while (rest.length > 0) {
      const taken = this.incoming ? this.takeContent(this.incoming, rest) : this.takeHeader(rest);
      if (taken === 0) break;
      rest = rest.subarray(taken);
    }
    this.buffered = rest;
  }

  /** `ID TYPE SIZE` or, for what there is not, `NAME missing`. */
  private takeHeader(bytes: Buffer): number {
    const end = bytes.indexOf(NEWLINE);
    if (end < 0) {
      if (bytes.length > LONGEST_HEADER) this.breakOff('an answer without an end');
      return 0;
    }
    const line = bytes.toString('utf8', 0, end);
    const header = /^([0-9a-f]{40}(?:[0-9a-f]{24})?) (blob|tree|commit|tag) ([0-9]{1,15})$/.exec(line);
    if (header) this.incoming = this.begin(header[1]!, header[2]!, Number(header[3]));
    else if (/ (?:missing|ambiguous)$/.test(line)) this.waiting.shift()?.resolve(undefined);
    else this.breakOff(line.slice(0, 200));
    return end + 1;
  }

  private begin(id: string, type: string, size: number): Incoming {
    const wanted = size <= (this.waiting[0]?.keepBytes ?? 0);
    return { id, type, size, kept: wanted ? [] : undefined, state: createHash('sha256'), left: size };
  }

  private takeContent(incoming: Incoming, bytes: Buffer): number {
    if (bytes.length > incoming.left && incoming.left === incoming.size)
      return this.takeWhole(incoming, bytes);
    if (incoming.left > 0) {
      const part = bytes.subarray(0, incoming.left);
      incoming.state.update(part);
      incoming.kept?.push(Buffer.from(part));
      incoming.left -= part.length;
      return part.length;
    }
    const { kept, state } = incoming;
    this.finish(incoming, `sha256:${state.digest('hex')}`, kept && Buffer.concat(kept), bytes[0]!);
    return 1;
  }

  /** The common case, an object that came in one piece: hashed at once. */
  private takeWhole(incoming: Incoming, bytes: Buffer): number {
    const { size, kept } = incoming;
    const content = bytes.subarray(0, size);
    const digest = `sha256:${hash('sha256', content, 'hex')}` as const;
    this.finish(incoming, digest, kept && Buffer.from(content), bytes[size]!);
    return size + 1;
  }

  private finish({ id, type, size }: Incoming, sha256: Digest, bytes: Buffer | undefined, end: number): void {
    this.incoming = undefined;
    if (end !== NEWLINE) this.breakOff('an object longer than announced');
    this.waiting.shift()?.resolve({ id, type, size, sha256, ...(bytes ? { bytes } : {}) });
  }

  private breakOff(found: string): void {
    this.end(
      new Failure(
        diagnose('VNES2404', 'git answers in a way that cannot be read', {
          expected: 'ID TYPE SIZE and the object (git cat-file --batch)',
          found,
        }),
      ),
    );
    this.close();
  }
}
