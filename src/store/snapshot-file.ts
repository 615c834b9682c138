import { canonicalBytes, canonicalJson } from '../base/canonical.ts';
import { Failure, fail } from '../base/diagnostic.ts';
import { type Digest, sha256, toDigest } from '../base/digest.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { merkleRoot } from '../base/merkle.ts';
import { compareCodeUnits } from '../base/order.ts';
import { errorCode } from '../base/system-error.ts';
import { piecesOfFile } from './archive.ts';
import type { Fork } from './branch.ts';
import { type Disk, nodeDisk } from './disk.ts';
import type { HeaderRecord, StateWrite } from './record.ts';
import { snapshotProblem } from './snapshot-shape.ts';
import type { WatchedSoFar } from './watched.ts';

/** Where a snapshot was taken. */
export interface SnapshotPlace extends Fork {
  /** The point that was asked for. */
  readonly at: string;
  /** The first segment that is kept, where the recording begins with this snapshot. */
  readonly segment?: number;
  /** Digests of the files beside the journal as they were when what came before the snapshot was dropped. */
  readonly results?: Readonly<Record<string, Digest>>;
  /** What the invariants had come to by then. */
  readonly watched?: WatchedSoFar;
  /** What the senders of input had called their events by then, which follows the state: how many, and the digest of them all. */
  readonly ids?: { readonly count: number; readonly digest: Digest };
}

/** What the store knows of a snapshot's body; the kernel knows the rest (kernel/snapshot.ts). */
export interface StoredBody {
  readonly header: HeaderRecord;
  readonly frames: number;
  readonly events: number;
  readonly writes: number;
  readonly writesRoot: Digest;
  readonly stateRoot: Digest;
}

/** A snapshot as it lies in a file. */
export interface StoredSnapshot {
  readonly place: SnapshotPlace;
  readonly body: StoredBody;
  /** Digest of the body, which stands for the whole. */
  readonly digest: Digest;
  /** The last write of every key, in code-unit order of the keys. */
  readonly writes: readonly StateWrite[];
  /** Ids of events that were dropped, in code-unit order. */
  readonly ids: readonly string[];
}

/**
 * A file of a snapshot: its place, its body, the last write of every key, and the ids of the events that are not there any more, each as
 * one line of canonical JSON.
 */
export function* snapshotLines(
  place: SnapshotPlace,
  body: object,
  writes: Iterable<StateWrite>,
  ids: readonly string[] = [],
): Generator<Uint8Array, void> {
  yield line(place);
  yield line(body);
  for (const write of writes) yield line(write);
  for (const id of ids) yield line(id);
}

function line(value: object | string): Buffer {
  return Buffer.from(`${canonicalJson(value as JsonValue)}\n`);
}

/** What the place of a snapshot says of such ids, which are in code-unit order. */
export function idsNote(ids: readonly string[]): Pick<SnapshotPlace, 'ids'> {
  return ids.length === 0 ? {} : { ids: { count: ids.length, digest: idsDigest(ids) } };
}

function idsDigest(ids: readonly string[]): Digest {
  return sha256(canonicalJson(ids as JsonValue));
}

/** One digest over the last writes of a state, in code-unit order of their keys. */
export function writesRoot(writes: readonly StateWrite[]): Digest {
  return toDigest(merkleRoot(writes.map(write => canonicalBytes(write as unknown as JsonValue))));
}

/**
 * Reads the file of a snapshot and checks it: form and order of the lines, and the root over the writes.
 * @throws Failure VNES8040 no such file, VNES8041 for what no snapshot has
 */
export function readSnapshotFile(path: string, disk: Disk = nodeDisk): StoredSnapshot {
  const lines = linesOf(path, disk);
  const { place, body, digest } = opening(lines, path);
  const rest = [...lines];
  const writes = rest.slice(0, body.writes).map(text => value(text, 'write', path) as unknown as StateWrite);
  const ids = rest.slice(body.writes).map(text => value(text, 'id', path) as string);
  const unordered = writes.some(({ key }, at) => at > 0 && compareCodeUnits(writes[at - 1]!.key, key) >= 0);
  if (unordered) broken(path, 'keys twice or out of order');
  if (writes.length !== body.writes) broken(path, `${writes.length} keys instead of ${body.writes}`);
  if (writesRoot(writes) !== body.writesRoot) broken(path, 'other writes than those of its root');
  if (canonicalJson(idsNote(ids)) !== canonicalJson(place.ids ? { ids: place.ids } : {}))
    broken(path, 'other ids of events than it states');
  return { place, body, digest, writes, ids };
}

/** The first two lines of the file, without the state. @throws as above */
export function readSnapshotOpening(
  path: string,
  disk: Disk = nodeDisk,
): Omit<StoredSnapshot, 'writes' | 'ids'> {
  const lines = linesOf(path, disk);
  try {
    return opening(lines, path);
  } finally {
    lines.return(undefined);
  }
}

function opening(lines: Generator<Buffer, undefined>, path: string): Omit<StoredSnapshot, 'writes' | 'ids'> {
  const place = value(lines.next().value, 'place', path) as unknown as SnapshotPlace;
  const text = lines.next().value;
  const body = value(text, 'body', path) as unknown as StoredBody;
  if (place.frames !== body.frames || place.events !== body.events)
    broken(path, 'another place than that of the snapshot');
  return { place, body, digest: sha256(text!) };
}

/** The lines of a file, without their ends. */
function* linesOf(path: string, disk: Disk): Generator<Buffer, undefined> {
  let rest = Buffer.alloc(0);
  for (const piece of piecesOf(path, disk)) {
    let bytes = Buffer.concat([rest, piece]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      yield bytes.subarray(0, end);
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > LIMITS.recordBytes) broken(path, 'a line that is too long');
    rest = bytes;
  }
  if (rest.length > 0) broken(path, 'half a line at its end');
}

function* piecesOf(path: string, disk: Disk): Generator<Uint8Array, void> {
  try {
    const file = disk.open(path);
    const size = disk.size(file);
    disk.close(file);
    yield* piecesOfFile(disk, path, size);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') broken(path, `a file that cannot be read (${code})`);
    fail('VNES8040', 'there is no such snapshot', {
      place: { file: path },
      expected: 'the file of a snapshot',
      found: 'no such file',
      help: 'see what there is: vnes snapshot list RECORDING',
    });
  }
}

function value(text: Buffer | undefined, kind: keyof typeof snapshotProblem, path: string): JsonValue {
  const found = parsed(text, path);
  const problem = snapshotProblem[kind](found);
  if (problem !== undefined) broken(path, `a ${kind} that is none: ${problem}`);
  if (canonicalJson(found) !== text!.toString('utf8')) broken(path, 'JSON that is not canonical (RFC 8785)');
  return found;
}

function parsed(text: Buffer | undefined, path: string): JsonValue {
  try {
    return parseJson(text ?? Buffer.alloc(0), {
      file: path,
      maxBytes: LIMITS.recordBytes,
      maxDepth: LIMITS.jsonDepth + 16,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return broken(path, error.diagnostics[0].message);
  }
}

/** @throws Failure VNES8041 */
export function broken(path: string, found: string): never {
  return fail('VNES8041', 'the snapshot is damaged, or does not belong to this recording', {
    place: { file: path },
    expected: 'a snapshot as `vnes snapshot create` writes it',
    found,
    help: 'take it from a copy, or take it again: vnes snapshot create NAME RECORDING --at POINT',
  });
}
