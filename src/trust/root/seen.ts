import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, diagnose, Failure, fail } from '../../base/diagnostic.ts';
import { type Digest, isDigest, sha256 } from '../../base/digest.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../base/json.ts';
import { makeFolder, writeAtomically } from '../../base/write-file.ts';
import { rootDigest } from './encode.ts';
import type { RootDocument } from './model.ts';
import { versionsOf } from './parse.ts';

/**
 * What this machine remembers of trust roots, one small file each in `<config>/roots`: by the root's id the newest version that was
 * verified, and by the place of a trust file which root lay there. File names are digests, never what a document says.
 */
export interface Memory {
  /** The folder of the records. */
  readonly folder: string;
  /** The trust file whose place is remembered; undefined for bytes from elsewhere. */
  readonly place?: string | undefined;
}

interface SeenVersion {
  readonly version: number;
  readonly digest: Digest;
}

/** Whether the root is older than, or another line than, what was seen before. @throws Failure VNES2068 for a damaged record. */
export function rollbackProblems(
  document: RootDocument,
  id: Digest,
  file: string,
  memory: Memory,
): readonly Diagnostic[] {
  const seen = readSeen(versionRecord(memory, id));
  if (!seen) return [];
  const place = { file, pointer: '/signed/version' };
  const { version } = document.signed;
  const help = 'take the newest file; if this one is right, somebody else signed two versions of one number';
  if (version < seen.version) {
    return [
      diagnose('VNES2064', 'the trust root is older than one that was seen before', {
        place,
        expected: `version ${seen.version} or later`,
        found: `version ${version}`,
        help,
      }),
    ];
  }
  const then = rootDigest(versionsOf(document)[seen.version - 1]!.signed);
  if (then === seen.digest) return [];
  return [
    diagnose('VNES2064', `the trust root has another version ${seen.version} than the one seen before`, {
      place,
      expected: seen.digest,
      found: then,
      help,
    }),
  ];
}

/** Whether another root lay in this place before; `id` is undefined for a plain list of keys. */
export function replacementProblems(id: Digest | undefined, memory: Memory): readonly Diagnostic[] {
  const record = placeRecord(memory);
  const before = record === undefined ? undefined : readPlace(record);
  if (before === undefined || before === id) return [];
  return [
    diagnose('VNES2067', 'another trust root took the place of the one that was here', {
      place: { file: memory.place },
      expected: `the root ${before}`,
      found: id === undefined ? 'no trust root that counts' : `the root ${id}`,
      help: `take the file from a commit that you trust; or, if it was begun anew on purpose: rm ${record}`,
    }),
  ];
}

/** Remembers a root that was verified. Returns why that was not possible, e.g. a folder that cannot be written. */
export function remember(document: RootDocument, id: Digest, memory: Memory): string | undefined {
  const version = versionRecord(memory, id);
  const { signed } = document;
  const newer = (readSeen(version)?.version ?? 0) < signed.version;
  const record = placeRecord(memory);
  try {
    if (newer) write(version, { version: signed.version, digest: rootDigest(signed) }, memory);
    if (record !== undefined && readPlace(record) !== id) write(record, { root: id }, memory);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0].found ?? error.message;
    throw error;
  }
}

function write(file: string, content: JsonObject, { folder }: Memory): void {
  makeFolder(folder, 0o700);
  writeAtomically(file, `${JSON.stringify(content)}\n`, 0o600);
}

function versionRecord({ folder }: Memory, id: Digest): string {
  return path.join(folder, `root-${id.slice('sha256:'.length)}.json`);
}

function placeRecord({ folder, place }: Memory): string | undefined {
  return place === undefined
    ? undefined
    : path.join(folder, `place-${sha256(place).slice('sha256:'.length)}.json`);
}

function readSeen(file: string): SeenVersion | undefined {
  const value = read(file);
  if (value === undefined) return undefined;
  const { version, digest } = value;
  if (Number.isSafeInteger(version) && Number(version) >= 1 && isDigest(digest)) {
    return { version: Number(version), digest };
  }
  return damaged(file);
}

function readPlace(file: string): Digest | undefined {
  const value = read(file);
  if (value === undefined) return undefined;
  return isDigest(value.root) ? value.root : damaged(file);
}

const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);

/** A record that is there and cannot be read must not count as none: that would forget what was seen. */
function read(file: string): JsonObject | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(error.code)) return undefined;
    return damaged(file);
  }
  const value: JsonValue = parseJson(bytes, { file });
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as JsonObject)
    : damaged(file);
}

function damaged(file: string): never {
  return fail('VNES2068', 'the record of the last trust root that was seen is damaged', {
    place: { file },
    expected: 'a record that vnes wrote',
    help: `compare the trust root with a copy that you trust, then: rm ${file}`,
  });
}
